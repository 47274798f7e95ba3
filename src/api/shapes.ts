import { z } from 'zod';

/** Shapes that several calls of the control API share. Times are milliseconds since the epoch. */

export const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
export const environmentId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}\/[a-z][a-z0-9-]{0,39}$/)
  .describe('`app/environment`');
export const digest = z.string().regex(/^[0-9a-f]{64}$/);
export const releaseReference = z
  .string()
  .regex(/^(r[1-9][0-9]*|[0-9a-f]{6,64})$/)
  .describe('Number (`r7`) or the beginning of a digest');

export const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export const releaseRefSchema = z.object({ number: z.int(), digest });

export const operationStateSchema = z.enum(['queued', 'preparing', 'running', 'compensating', 'finished']);
export const outcomeSchema = z.enum(['succeeded', 'failed', 'rolled-back', 'cancelled', 'incomplete']);

export const operationSummarySchema = z.object({
  id: z.string(),
  kind: z.string(),
  environment: z.string(),
  state: operationStateSchema,
  outcome: outcomeSchema.nullable(),
  summary: z.string().nullable().describe('From the plan, once there is one'),
  failure: failureSchema.nullable(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});

export const stepSchema = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  wave: z.int(),
  state: z.enum(['pending', 'started', 'done', 'failed', 'compensating', 'compensated', 'skipped']),
  failure: failureSchema.nullable(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});

export const operationSchema = operationSummarySchema.extend({
  steps: z.array(stepSchema),
  requestedBy: z.string(),
});

export const eventSchema = z.object({
  seq: z.int(),
  at: z.number(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});

export const plannedStepSchema = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  wave: z.int(),
  onFailure: z.enum(['compensate', 'warn']),
  pivot: z.boolean().optional(),
  commit: z.boolean().optional(),
});

export const planSchema = z.object({
  summary: z.string(),
  steps: z.array(plannedStepSchema),
  facts: z.unknown(),
});

export const instanceViewSchema = z.object({
  id: z.string(),
  service: z.string(),
  release: z.string().describe('`r7`, or the first 12 digits of a digest that is not known'),
  state: z.string(),
  healthy: z.boolean().nullable(),
  pid: z.int().nullable(),
  port: z.int().nullable(),
  startedAt: z.number().nullable(),
  restarts: z.int(),
  memoryBytes: z.int().nullable(),
  lastExit: z.string().nullable(),
});

export const environmentOverviewSchema = z.object({
  id: environmentId,
  release: releaseRefSchema.nullable(),
  deployedAt: z.number().nullable(),
  state: z.enum(['serving', 'degraded', 'down', 'never-deployed', 'unknown']),
  reason: z.string().nullable().describe('Why it is not `serving`'),
  urls: z.array(z.string()),
  instances: z.object({ running: z.int(), wanted: z.int() }),
  maintenance: z.boolean(),
  lastOperation: operationSummarySchema.nullable(),
  configChanged: z
    .boolean()
    .describe('Configuration was changed after the last deploy and is not in force yet'),
});

export const environmentSchema = environmentOverviewSchema.extend({
  instanceList: z.array(instanceViewSchema),
  jobs: z.array(
    z.object({
      name: z.string(),
      schedule: z.string(),
      timezone: z.string(),
      nextAt: z.number().nullable(),
      last: z
        .object({ state: z.string(), at: z.number().nullable(), reason: z.string().nullable() })
        .nullable(),
    }),
  ),
  data: z.array(
    z.object({ name: z.string(), bytes: z.int(), modifiedAt: z.number().nullable(), directory: z.string() }),
  ),
  previousRelease: releaseRefSchema.nullable(),
});

export const releaseSchema = z.object({
  app: z.string(),
  number: z.int(),
  digest,
  createdAt: z.number(),
  files: z.int(),
  bytes: z.int(),
  commit: z.string().nullable(),
  dirty: z.boolean(),
  environments: z.array(z.string()).describe('Where it serves now'),
  verifiedIn: z.array(z.string()),
});

export const differenceSchema = z.object({
  what: z.string(),
  left: z.string().nullable(),
  right: z.string().nullable(),
  why: z.string(),
  severity: z.enum(['high', 'medium', 'low']),
});

export const lifecycleItemSchema = z.object({
  id: z.string(),
  section: z.string(),
  title: z.string(),
  state: z.enum(['pass', 'fail', 'stale', 'unknown', 'waived']),
  reason: z.string(),
  next: z.string().nullable().describe('What to do about it'),
  judgedFrom: z.number().nullable().describe('When the newest evidence it rests on was recorded'),
});

export const evidenceSchema = z.object({
  seq: z.int(),
  at: z.number(),
  kind: z.string(),
  subject: z.string(),
  data: z.unknown(),
  hash: z.string(),
});

export const configSchema = z.object({
  environment: environmentId,
  revision: z.int(),
  inForce: z.int().nullable().describe('Revision that the current deployment runs with'),
  values: z.record(z.string(), z.string()),
  secrets: z.array(z.string()).describe('Names only'),
  missing: z.array(z.string()).describe('Secrets that the manifest asks for and nobody has set'),
});
