import { z } from 'zod';
import { hostObservationSchema, logLineSchema } from './agent-shapes.ts';
import type { ApiCall } from './api-call.ts';
import { operationRequestSchema } from './operation-requests.ts';
import {
  configSchema,
  differenceSchema,
  environmentId,
  environmentOverviewSchema,
  environmentSchema,
  evidenceSchema,
  lifecycleItemSchema,
  name,
  operationSchema,
  operationSummarySchema,
  planSchema,
  releaseSchema,
} from './shapes.ts';

/**
 * The control API: one table from which routes are served, requests checked, and the OpenAPI document made.
 * A failure answers with `failureSchema` and a status by its code. JSON in and out; `stream` says otherwise.
 */

const accepted = z.object({
  operation: operationSummarySchema,
  created: z.boolean().describe('False: this key was seen before'),
});
const appAndEnvironment = z.object({ app: name, environment: name });
const empty = z.object({});
const ofEnvironment = '/v1/environments/:app/:environment';

export const controlCalls = {
  health: {
    method: 'GET',
    path: '/v1/health',
    summary: 'Who answers.',
    params: empty,
    query: empty,
    body: null,
    response: z.object({ version: z.string(), pid: z.int(), startedAt: z.number(), home: z.string() }),
  },
  status: {
    method: 'GET',
    path: '/v1/status',
    summary: 'All environments at a glance.',
    params: empty,
    query: z.object({ app: name.optional() }),
    body: null,
    response: z.object({
      version: z.string(),
      hosts: z.array(z.object({ name: z.string(), reachable: z.boolean(), reason: z.string().nullable() })),
      environments: z.array(environmentOverviewSchema),
    }),
  },
  environment: {
    method: 'GET',
    path: ofEnvironment,
    summary: 'One environment with its instances, jobs and data.',
    params: appAndEnvironment,
    query: empty,
    body: null,
    response: environmentSchema,
  },
  plan: {
    method: 'POST',
    path: '/v1/plans',
    summary: 'Builds and plans what an operation would do, without doing it.',
    params: empty,
    query: empty,
    body: operationRequestSchema,
    response: planSchema,
  },
  startOperation: {
    method: 'POST',
    path: '/v1/operations',
    summary: 'Accepts an operation. The same idempotency key answers with the same operation.',
    params: empty,
    query: empty,
    body: z.strictObject({
      idempotencyKey: z.string().min(8).max(100),
      requestedBy: z.string().max(200),
      request: operationRequestSchema,
    }),
    response: accepted,
  },
  operations: {
    method: 'GET',
    path: '/v1/operations',
    summary: 'Newest first.',
    params: empty,
    query: z.object({
      environment: environmentId.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(20),
    }),
    body: null,
    response: z.object({ operations: z.array(operationSummarySchema) }),
  },
  operation: {
    method: 'GET',
    path: '/v1/operations/:id',
    summary: 'One operation with its steps. An unambiguous beginning of the id is enough.',
    params: z.object({ id: z.string() }),
    query: empty,
    body: null,
    response: operationSchema,
  },
  operationEvents: {
    method: 'GET',
    path: '/v1/operations/:id/events',
    summary:
      'Follows an operation: its events from `after` on, until it has finished. Resumes by sequence number.',
    params: z.object({ id: z.string() }),
    query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
    body: null,
    response: z.object({}),
    stream: 'events',
  },
  cancelOperation: {
    method: 'POST',
    path: '/v1/operations/:id/cancel',
    summary:
      'Asks to cancel; what was done is compensated. Refused with `conflict` once the outcome is certain.',
    params: z.object({ id: z.string() }),
    query: empty,
    body: z.strictObject({}),
    response: operationSummarySchema,
  },
  releases: {
    method: 'GET',
    path: '/v1/apps/:app/releases',
    summary: 'Releases of an app, newest first.',
    params: z.object({ app: name }),
    query: empty,
    body: null,
    response: z.object({ releases: z.array(releaseSchema) }),
  },
  config: {
    method: 'GET',
    path: `${ofEnvironment}/config`,
    summary: 'Configuration values and the names of secrets.',
    params: appAndEnvironment,
    query: empty,
    body: null,
    response: configSchema,
  },
  changeConfig: {
    method: 'PATCH',
    path: `${ofEnvironment}/config`,
    summary: 'Makes a new revision. It is in force with the next deploy.',
    params: appAndEnvironment,
    query: empty,
    body: z.strictObject({
      set: z.record(z.string(), z.string()),
      unset: z.array(z.string()),
      setSecrets: z.record(z.string(), z.string()),
      unsetSecrets: z.array(z.string()),
    }),
    response: configSchema,
  },
  maintenance: {
    method: 'PUT',
    path: `${ofEnvironment}/maintenance`,
    summary: 'Shows a maintenance page, or takes it away. Health checks are still answered.',
    params: appAndEnvironment,
    query: empty,
    body: z.strictObject({ message: z.string().max(500).nullable() }),
    response: environmentOverviewSchema,
  },
  logs: {
    method: 'GET',
    path: `${ofEnvironment}/logs`,
    summary: 'Log lines, oldest first.',
    params: appAndEnvironment,
    query: z.object({
      service: z.string().optional(),
      instance: z.string().optional(),
      lines: z.coerce.number().int().min(0).max(100_000).default(100),
      follow: z.stringbool().default(false),
    }),
    body: null,
    response: logLineSchema,
    stream: 'lines',
  },
  exec: {
    method: 'POST',
    path: `${ofEnvironment}/exec`,
    summary:
      'Runs a command beside a live instance. Standard input is the request body; the answer is lines of {stream, base64} and a last {exit}.',
    params: appAndEnvironment,
    query: z.object({ service: z.string().optional(), argv: z.string().describe('JSON array of strings') }),
    body: null,
    response: z.object({}),
    stream: 'duplex',
  },
  compare: {
    method: 'GET',
    path: '/v1/apps/:app/compare',
    summary: 'What makes the left environment a poorer rehearsal for the right one.',
    params: z.object({ app: name }),
    query: z.object({ left: name, right: name }),
    body: null,
    response: z.object({ differences: z.array(differenceSchema) }),
  },
  lifecycle: {
    method: 'GET',
    path: '/v1/apps/:app/lifecycle',
    summary: 'The checklist A to H, judged from evidence.',
    params: z.object({ app: name }),
    query: empty,
    body: null,
    response: z.object({ items: z.array(lifecycleItemSchema) }),
  },
  waive: {
    method: 'POST',
    path: '/v1/apps/:app/lifecycle/waivers',
    summary: 'Waives an item until a day, with a reason.',
    params: z.object({ app: name }),
    query: empty,
    body: z.strictObject({ item: z.string(), reason: z.string().min(3), until: z.number() }),
    response: lifecycleItemSchema,
  },
  evidence: {
    method: 'GET',
    path: '/v1/evidence',
    summary: 'Records of the chain, newest first.',
    params: empty,
    query: z.object({
      subject: z.string().optional(),
      limit: z.coerce.number().int().min(1).max(10_000).default(50),
    }),
    body: null,
    response: z.object({ records: z.array(evidenceSchema) }),
  },
  verifyEvidence: {
    method: 'POST',
    path: '/v1/evidence/verify',
    summary: 'Recomputes the whole chain.',
    params: empty,
    query: empty,
    body: z.strictObject({
      head: z.string().nullable().describe('A head noted earlier that must still be in the chain'),
    }),
    response: z.object({
      intact: z.boolean(),
      records: z.int(),
      head: z.string().nullable(),
      problem: z.string().nullable(),
    }),
  },
  hosts: {
    method: 'GET',
    path: '/v1/hosts',
    summary: 'What each host’s agent reports now.',
    params: empty,
    query: empty,
    body: null,
    response: z.object({
      hosts: z.array(
        z.object({
          name: z.string(),
          observation: hostObservationSchema.nullable(),
          reason: z.string().nullable(),
        }),
      ),
    }),
  },
  shutdown: {
    method: 'POST',
    path: '/v1/shutdown',
    summary:
      'Ends the control plane; with `stop` also the agent, the ingress and every instance. Data stays.',
    params: empty,
    query: empty,
    body: z.strictObject({ instances: z.enum(['keep', 'stop']) }),
    response: z.object({ stopped: z.array(z.string()), kept: z.array(z.string()) }),
  },
} as const satisfies Record<string, ApiCall>;

export type ControlCalls = typeof controlCalls;
export type ControlCallName = keyof ControlCalls;
export type ControlParams<N extends ControlCallName> = z.input<ControlCalls[N]['params']>;
export type ControlQuery<N extends ControlCallName> = z.input<ControlCalls[N]['query']>;
export type ControlBody<N extends ControlCallName> = ControlCalls[N]['body'] extends z.ZodType
  ? z.input<ControlCalls[N]['body']>
  : null;
export type ControlResponse<N extends ControlCallName> = z.output<ControlCalls[N]['response']>;
export type OperationRequest = z.infer<typeof operationRequestSchema>;
export type OperationSummary = z.infer<typeof operationSummarySchema>;
export type OperationDetail = z.infer<typeof operationSchema>;
