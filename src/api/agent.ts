import { z } from 'zod';
import type { logLineSchema } from './agent-shapes.ts';
import {
  checkRequestSchema,
  checkResultSchema,
  digest,
  environmentId,
  fence,
  hostObservationSchema,
  instanceSpecSchema,
  instanceStatusSchema,
  jobSpecSchema,
  routeSchema,
  taskSpecSchema,
  taskStatusSchema,
  trafficSchema,
} from './agent-shapes.ts';

/**
 * What the control plane may ask of the agent of a host. Every call is `POST /v1/NAME` with a JSON body on
 * the agent's unix socket and answers JSON, near and far alike. A failure answers with a `FailureDocument`.
 * Calls that change something carry the environment's fence; the agent refuses one lower than it has seen.
 */

const done = z.object({});

export const agentCalls = {
  /** Everything that a plan needs to know of a host, in one document. */
  observe: {
    request: z.strictObject({ environment: environmentId.nullable() }),
    response: hostObservationSchema,
  },
  /** Which of these blobs the host lacks. They are then sent with the stream call `blobs`. */
  missingBlobs: {
    request: z.strictObject({ digests: z.array(digest) }),
    response: z.object({ missing: z.array(digest) }),
  },
  /** Unpacks a release whose blobs are all there. Idempotent; resolves when the tree is durable and complete. */
  stageRelease: {
    request: z.strictObject({ release: digest }),
    response: z.object({ files: z.int(), bytes: z.int(), already: z.boolean() }),
  },
  /** Removes release trees (not in use) and the blobs that nothing refers to any more. */
  removeReleases: {
    request: z.strictObject({ releases: z.array(digest) }),
    response: z.object({ removed: z.array(digest), inUse: z.array(digest) }),
  },
  /** Starts an instance and keeps it running. Idempotent by id. */
  startInstance: {
    request: z.strictObject({ fence, spec: instanceSpecSchema }),
    response: instanceStatusSchema,
  },
  /** Resolves when healthy; fails with `instance-exited`, `instance-unhealthy` or `port-taken`, saying why. */
  awaitHealthy: {
    request: z.strictObject({ instance: z.string() }),
    response: instanceStatusSchema,
  },
  /** Signal, grace, then the whole process tree; resolves when nothing of it is left. Idempotent. */
  stopInstance: {
    request: z.strictObject({ fence, environment: environmentId, instance: z.string() }),
    response: done,
  },
  /** Runs a command once per id; answers at once. */
  startTask: {
    request: z.strictObject({ fence, spec: taskSpecSchema }),
    response: taskStatusSchema,
  },
  /** Waits until the task ended or `waitMs` passed, and tells its state. */
  awaitTask: {
    request: z.strictObject({ task: z.string(), waitMs: z.int() }),
    response: taskStatusSchema,
  },
  stopTask: {
    request: z.strictObject({ task: z.string() }),
    response: taskStatusSchema,
  },
  /** Replaces all routes of one environment at once: the switch. Idempotent. */
  setRoutes: {
    request: z.strictObject({ fence, environment: environmentId, routes: z.array(routeSchema) }),
    response: z.object({ generation: z.int() }),
  },
  /** Waits until these instances have no request in flight, within the bound. */
  drain: {
    request: z.strictObject({ instances: z.array(z.string()), timeoutMs: z.int() }),
    response: z.object({ drained: z.boolean(), requests: z.int(), webSockets: z.int() }),
  },
  traffic: {
    request: z.strictObject({ environment: environmentId }),
    response: z.object({ traffic: z.array(trafficSchema) }),
  },
  runCheck: {
    request: checkRequestSchema,
    response: checkResultSchema,
  },
  /** Replaces the scheduled jobs of an environment; the agent keeps the schedule by itself. */
  setJobs: {
    request: z.strictObject({ fence, environment: environmentId, jobs: z.array(jobSpecSchema) }),
    response: done,
  },
  /** Stops every instance and job of the environment; with `data: 'destroy'` its data goes too. */
  removeEnvironment: {
    request: z.strictObject({ fence, environment: environmentId, data: z.enum(['keep', 'destroy']) }),
    response: z.object({ dataDirectory: z.string(), bytes: z.int() }),
  },
  /** Ends agent and ingress after stopping nothing else, or everything that runs. */
  shutdown: {
    request: z.strictObject({ instances: z.enum(['keep', 'stop']) }),
    response: done,
  },
} as const;

export type AgentCalls = typeof agentCalls;
export type AgentCallName = keyof AgentCalls;
export type AgentRequest<N extends AgentCallName> = z.input<AgentCalls[N]['request']>;
export type AgentResponse<N extends AgentCallName> = z.output<AgentCalls[N]['response']>;

/** Query of the stream `GET /v1/logs`: one JSON `LogLine` a line. */
export const logQuerySchema = z.strictObject({
  environment: environmentId,
  service: z.string().optional(),
  instance: z.string().optional(),
  release: digest.optional(),
  lines: z.coerce.number().int().min(0).max(100_000).default(100),
  follow: z.stringbool().default(false),
});

export type InstanceSpec = z.infer<typeof instanceSpecSchema>;
export type InstanceStatus = z.infer<typeof instanceStatusSchema>;
export type TaskSpec = z.infer<typeof taskSpecSchema>;
export type TaskStatus = z.infer<typeof taskStatusSchema>;
export type JobSpec = z.infer<typeof jobSpecSchema>;
export type RouteSpec = z.infer<typeof routeSchema>;
export type CheckRequest = z.infer<typeof checkRequestSchema>;
export type CheckResult = z.infer<typeof checkResultSchema>;
export type HostObservation = z.infer<typeof hostObservationSchema>;
export type LogQuery = z.infer<typeof logQuerySchema>;
export type LogLine = z.infer<typeof logLineSchema>;
