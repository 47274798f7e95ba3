import { z } from 'zod';

/**
 * What the control plane may ask of the agent of a host. Every call is `POST /v1/NAME` with a JSON body on
 * the agent's unix socket and answers JSON, near and far alike. A failure answers with a `FailureDocument`.
 * Calls that change something carry the environment's fence; the agent refuses one lower than it has seen.
 */

const environmentId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/)
  .describe('`app/environment`');
const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, lower-case hexadecimal');
const fence = z.int().nonnegative().describe('Fencing number of the lease under which the call is made');

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
    z.strictObject({ kind: z.literal('instance'), instance: z.string() }),
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

export const logLineSchema = z.object({
  at: z.number(),
  source: z.string().describe('Service name, or the title of a task'),
  instance: z.string(),
  release: digest.nullable(),
  stream: z.enum(['out', 'err']),
  text: z.string(),
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
export type Command = z.infer<typeof commandSchema>;
