import { z } from 'zod';
import { Failure } from '../core/failure.ts';
import type { Json } from '../core/json.ts';
import { bytes, millis } from '../core/units.ts';
import type { Manifest } from './manifest.ts';

/** Raised when a stored manifest can no longer be read by the schema below; older ones are then converted. */
const format = 1;

const duration = z.number().nonnegative().transform(millis);
const size = z.number().nonnegative().transform(bytes);
const command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('argv'), argv: z.array(z.string()).min(1) }),
  z.strictObject({ kind: z.literal('shell'), line: z.string() }),
]);
const variables = z.record(z.string(), z.string());

const health = z.strictObject({
  path: z.string(),
  timeout: duration,
  interval: duration,
  responseTimeout: duration,
  status: z.int(),
});

const service = z.strictObject({
  name: z.string(),
  command,
  port: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('auto'), env: z.string() }),
    z.strictObject({ kind: z.literal('fixed'), port: z.int(), env: z.string() }),
  ]),
  routes: z.array(z.string()),
  health: health.nullable(),
  instances: z.int().nonnegative(),
  stop: z.strictObject({
    signal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGKILL']),
    grace: duration,
  }),
  limits: z.strictObject({ memory: size.nullable(), cpu: z.number().positive().nullable() }),
  environment: variables,
  restart: z.strictObject({ policy: z.enum(['always', 'on-failure', 'never']), maxDelay: duration }),
});

const check = z.strictObject({
  name: z.string(),
  probe: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('http'),
      path: z.string(),
      status: z.int(),
      contains: z.string().nullable(),
    }),
    z.strictObject({ kind: z.literal('command'), command }),
  ]),
  when: z.array(z.enum(['private', 'public'])).min(1),
  timeout: duration,
});

const deploy = {
  watch: duration,
  drain: duration,
  hold: duration,
  maxErrorRate: z.number().min(0).max(1),
  maxLatencyFactor: z.number().min(1),
};

const environment = z.strictObject({
  name: z.string(),
  domains: z.array(z.string()),
  strategy: z.enum(['manual', 'process', 'container', 'swarm', 'kubernetes']),
  hosts: z.array(z.string()),
  tls: z.discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('off') }),
    z.strictObject({ mode: z.literal('local') }),
    z.strictObject({ mode: z.literal('files'), certificate: z.string(), key: z.string() }),
  ]),
  configuration: variables,
  secrets: z.array(z.string()),
  overrides: z.array(
    z.strictObject({
      service: z.string(),
      instances: z.int().nonnegative().exactOptional(),
      limits: z
        .strictObject({
          memory: size.nullable().exactOptional(),
          cpu: z.number().positive().nullable().exactOptional(),
        })
        .exactOptional(),
    }),
  ),
  deploy: z.strictObject({
    watch: deploy.watch.exactOptional(),
    drain: deploy.drain.exactOptional(),
    hold: deploy.hold.exactOptional(),
    maxErrorRate: deploy.maxErrorRate.exactOptional(),
    maxLatencyFactor: deploy.maxLatencyFactor.exactOptional(),
  }),
  promoteFrom: z.string().nullable(),
});

const stored = z.strictObject({
  app: z.string(),
  build: z.strictObject({
    commands: z.array(command),
    environment: variables,
    cache: z.array(z.string()),
    ignore: z.array(z.string()),
    timeout: duration,
  }),
  configuration: variables,
  services: z.array(service),
  release: z.strictObject({ before: z.array(command), timeout: duration, keep: z.int().positive() }),
  data: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(['sqlite', 'files']),
      path: z.string(),
      env: z.string(),
    }),
  ),
  jobs: z.array(
    z.strictObject({
      name: z.string(),
      command,
      schedule: z.string().nullable(),
      timezone: z.string(),
      timeout: duration,
      environment: variables,
    }),
  ),
  checks: z.array(check),
  deploy: z.strictObject(deploy),
  environments: z.array(environment),
}) satisfies z.ZodType<Manifest>;

/** The manifest as plain JSON, for storing in a release and for its digest (through `canonicalJson`). */
export function toCanonicalManifest(manifest: Manifest): Json {
  // Two ways to write the same manifest give the same members, so what is left is to mark the format.
  return { format, ...(JSON.parse(JSON.stringify(manifest)) as Record<string, Json>) };
}

/** @throws Failure `state-corrupt` when it is no stored manifest, `state-newer` when a later version wrote it. */
export function manifestFromCanonical(json: unknown): Manifest {
  const { format: written, ...members } = typeof json === 'object' && json !== null ? (json as Stored) : {};
  if (typeof written === 'number' && written > format) {
    throw new Failure(
      'state-newer',
      `The stored manifest has format ${written}; this version reads up to ${format}.`,
      {
        hint: 'Use the version of Mainstay that wrote it, or a later one.',
      },
    );
  }
  const parsed = stored.safeParse(members);
  if (written === format && parsed.success) return parsed.data;
  const [issue] = parsed.error?.issues ?? [];
  const where = issue === undefined ? 'format' : issue.path.join('.') || 'the document';
  throw new Failure('state-corrupt', `The stored manifest is damaged at ${where}.`, {
    hint: 'Deploy again from the source, or restore the state directory from a copy.',
  });
}

interface Stored {
  readonly format?: unknown;
}
