import { z } from 'zod';

/** Shapes in the calls of the agent. Times are milliseconds since the epoch. */

export const environmentId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/)
  .describe('`app/environment`');
export const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, lower-case hexadecimal');
export const fence = z
  .int()
  .nonnegative()
  .describe('Fencing number of the lease under which the call is made');

export const commandSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('argv'), argv: z.array(z.string()).min(1) }),
  z.strictObject({ kind: z.literal('shell'), line: z.string() }),
]);

/** Where the process of an instance, task or job runs and what it gets. */
const executionFields = {
  environment: environmentId,
  release: digest.nullable().describe('Runs in the tree of this release; null: in the environment directory'),
  command: commandSchema,
  variables: z.record(z.string(), z.string()).describe('Environment variables'),
  secrets: z
    .record(z.string(), z.string())
    .describe('Environment variables that are sealed at rest and redacted from output'),
  data: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(['sqlite', 'files']),
      path: z.string().describe('Relative to the data directory of the environment'),
      env: z.string().describe('Variable that receives the absolute path'),
    }),
  ),
};

export const instanceSpecSchema = z.strictObject({
  ...executionFields,
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,200}$/)
    .describe('Carries app, environment, service, release and deployment'),
  release: digest,
  service: z.string(),
  ordinal: z.int().nonnegative(),
  port: z.discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('none') }),
    z.strictObject({ mode: z.literal('auto'), env: z.string() }),
    z.strictObject({ mode: z.literal('fixed'), port: z.int().min(1).max(65535), env: z.string() }),
  ]),
  health: z
    .strictObject({
      path: z.string(),
      host: z
        .string()
        .optional()
        .describe('Value of the Host field: frameworks refuse names that they do not know'),
      status: z.int(),
      timeoutMs: z.int().describe('From the start of the process until it must be healthy'),
      intervalMs: z.int(),
    })
    .nullable(),
  stop: z.strictObject({ signal: z.string(), graceMs: z.int() }),
  limits: z.strictObject({ memoryBytes: z.int().nullable(), cpus: z.number().nullable() }),
  restart: z.strictObject({ policy: z.enum(['always', 'on-failure', 'never']), maxDelayMs: z.int() }),
});

export const instanceStateSchema = z.enum([
  'starting',
  'running',
  'backing-off',
  'crash-loop',
  'stopping',
  'exited',
]);

export const instanceStatusSchema = z.object({
  id: z.string(),
  environment: environmentId,
  service: z.string(),
  release: digest,
  ordinal: z.int(),
  state: instanceStateSchema,
  healthy: z.boolean().nullable().describe('Null until first asked, or where no health check is declared'),
  pid: z.int().nullable(),
  port: z.int().nullable(),
  startedAt: z.number().nullable().describe('Milliseconds since the epoch'),
  restarts: z.int().describe('Restarts by the supervisor since the instance was made'),
  memoryBytes: z.int().nullable().describe('Resident memory of the whole process tree'),
  memoryLimit: z.enum(['none', 'cgroup', 'measured']).describe('How the memory limit is enforced'),
  lastExit: z
    .object({
      code: z.int().nullable(),
      signal: z.string().nullable(),
      at: z.number(),
      reason: z
        .string()
        .describe('For a person: `exited with code 1`, `killed: memory limit of 128 MiB reached`'),
    })
    .nullable(),
  warnings: z
    .array(z.string())
    .optional()
    .describe('What an operator should know: a port open to other machines, a limit that cannot be enforced'),
});

export const taskSpecSchema = z.strictObject({
  ...executionFields,
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,200}$/)
    .describe('A task of one id runs at most once'),
  title: z.string().describe('Stands in logs in place of the service: `release.before`, `job digest`'),
  timeoutMs: z.int(),
  limits: z.strictObject({ memoryBytes: z.int().nullable(), cpus: z.number().nullable() }),
});

export const taskStatusSchema = z.object({
  id: z.string(),
  state: z.enum(['unknown', 'running', 'succeeded', 'failed']),
  exitCode: z.int().nullable(),
  reason: z.string().nullable().describe('For a person, when it failed'),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  tail: z.array(z.string()).describe('The last lines of its output, redacted; at most 40'),
});

export const jobSpecSchema = z.strictObject({
  ...executionFields,
  name: z.string(),
  schedule: z.string().describe('Cron, five fields'),
  timezone: z.string(),
  timeoutMs: z.int(),
});

export const routeSchema = z.strictObject({
  id: z.string(),
  service: z.string(),
  hosts: z.array(z.string()),
  pathPrefix: z.string(),
  instances: z.array(z.string()).describe('Instance ids; the agent knows their ports'),
  tls: z.discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('off') }),
    z.strictObject({ mode: z.literal('local') }),
    z.strictObject({ mode: z.literal('files'), certificate: z.string(), key: z.string() }),
  ]),
  health: z.strictObject({ path: z.string(), intervalMs: z.int(), timeoutMs: z.int() }).nullable(),
  holdMs: z.int(),
  maintenance: z.strictObject({ message: z.string() }).nullable(),
});

export const checkRequestSchema = z.strictObject({
  environment: environmentId,
  name: z.string(),
  timeoutMs: z.int(),
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('instance'), instance: z.string(), host: z.string().optional() }),
    z.strictObject({ kind: z.literal('public'), host: z.string(), tls: z.boolean() }),
  ]),
  http: z.strictObject({ path: z.string(), status: z.int(), contains: z.string().nullable() }).nullable(),
  /** A command check runs as a task in the release of the instance, with `MAINSTAY_URL` of the target. */
  command: taskSpecSchema.nullable(),
});

export const checkResultSchema = z.object({
  name: z.string(),
  passed: z.boolean(),
  reason: z.string().describe('`200 in 12 ms`, or why it failed'),
  durationMs: z.number(),
});

export const trafficSchema = z.object({
  environment: z.string(),
  service: z.string(),
  release: z.string(),
  requests: z.int(),
  errors: z.int(),
  inFlight: z.int(),
  webSockets: z.int(),
  latencyBoundsMs: z.array(z.number()),
  latencyCounts: z.array(z.int()),
});

export const jobStatusSchema = z.object({
  environment: environmentId,
  name: z.string(),
  schedule: z.string(),
  timezone: z.string(),
  nextAt: z.number().nullable(),
  last: taskStatusSchema.nullable(),
  skipped: z
    .object({ at: z.number(), reason: z.string() })
    .optional()
    .describe('The last slot that was not run, and why'),
});

export const hostObservationSchema = z.object({
  host: z.object({
    hostname: z.string(),
    os: z.string(),
    kernel: z.string(),
    cpus: z.int(),
    memoryBytes: z.int(),
    memoryFreeBytes: z.int(),
    diskFreeBytes: z.int(),
    diskTotalBytes: z.int(),
    runtimes: z.record(z.string(), z.string()).describe('Version of each program found: node, python3, …'),
  }),
  agent: z.object({ version: z.string(), pid: z.int(), startedAt: z.number() }),
  ingress: z
    .object({
      pid: z.int(),
      address: z.string(),
      httpPort: z.int(),
      httpsPort: z.int(),
      generation: z.int(),
      down: z.array(z.object({ instance: z.string(), reason: z.string() })),
    })
    .nullable(),
  instances: z.array(instanceStatusSchema),
  releases: z.array(digest).describe('Releases whose tree lies complete on this host'),
  routes: z.array(routeSchema.extend({ environment: environmentId })),
  jobs: z.array(jobStatusSchema),
  data: z.array(
    z.object({
      environment: environmentId,
      name: z.string(),
      directory: z.string().describe('Absolute path on the host'),
      bytes: z.int(),
      modifiedAt: z.number().nullable(),
    }),
  ),
});

export const logLineSchema = z.object({
  at: z.number(),
  source: z.string().describe('Service name, or the title of a task'),
  instance: z.string(),
  release: digest.nullable(),
  stream: z.enum(['out', 'err']),
  text: z.string(),
});
