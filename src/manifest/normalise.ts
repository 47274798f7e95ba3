import { commandFromLine, shellCommand } from './command.ts';
import { defaults } from './defaults.ts';
import type {
  Check,
  Command,
  DeployPolicy,
  Environment,
  Health,
  Limits,
  Manifest,
  RestartPolicy,
  Service,
  ServiceOverride,
  ServicePort,
  Tls,
} from './manifest.ts';
import { parseDuration, parsePercentage, parseSize } from './quantities.ts';
import type { WrittenCheck } from './schema/check-schema.ts';
import type { WrittenDeploy, WrittenEnvironment } from './schema/environment-schema.ts';
import type { WrittenLimits, WrittenService } from './schema/service-schema.ts';
import type { WrittenManifest } from './schema.ts';

/** Fills in defaults and turns text into units. Takes only what the schema accepted; a miss here is a bug. */
export function normalise(written: WrittenManifest): Manifest {
  const { build, release, services = {}, data = {}, jobs = {}, checks = {} } = written;
  const routed = routedByDefault(services);
  return {
    app: written.app,
    build: {
      commands: commandList(build?.commands, shellCommand),
      environment: build?.environment ?? {},
      cache: (build?.cache ?? []).map(withoutTrailingSlash),
      ignore: build?.ignore ?? [],
      timeout: duration(build?.timeout ?? defaults.build.timeout),
    },
    configuration: written.configuration ?? {},
    services: Object.entries(services).map(([name, service]) => serviceOf(name, service, name === routed)),
    release: {
      before: commandList(release?.before, commandFromLine),
      timeout: duration(release?.timeout ?? defaults.release.timeout),
      keep: release?.keep ?? defaults.release.keep,
    },
    data: Object.entries(data).map(([name, { type, path, env }]) => ({
      name,
      type,
      path: withoutTrailingSlash(path),
      env,
    })),
    jobs: Object.entries(jobs).map(([name, job]) => ({
      name,
      command: commandOf(job.command, commandFromLine),
      schedule: job.schedule?.trim().replace(/[ \t]+/g, ' ') ?? null,
      timezone: job.timezone ?? defaults.job.timezone,
      timeout: duration(job.timeout ?? defaults.job.timeout),
      environment: job.environment ?? {},
    })),
    checks: Object.entries(checks).map(([name, check]) => checkOf(name, check)),
    deploy: {
      watch: duration(defaults.deploy.watch),
      drain: duration(defaults.deploy.drain),
      hold: duration(defaults.deploy.hold),
      maxErrorRate: percentage(defaults.deploy.maxErrorRate),
      maxLatencyFactor: defaults.deploy.maxLatencyFactor,
      ...deployOf(written.deploy),
    },
    environments: Object.entries(written.environments).map(([name, environment]) =>
      environmentOf(name, environment),
    ),
  };
}

/** The service called web is the face of the app; without one, the only service with a port is. */
function routedByDefault(services: Readonly<Record<string, WrittenService>>): string | undefined {
  if (Object.hasOwn(services, 'web')) return 'web';
  const withPort = Object.entries(services).filter(
    ([, service]) =>
      service.port !== undefined || service.health !== undefined || (service.routes?.length ?? 0) > 0,
  );
  return withPort.length === 1 ? withPort[0]?.[0] : undefined;
}

function serviceOf(name: string, written: WrittenService, isDefaultRoute: boolean): Service {
  const routes = (written.routes ?? (isDefaultRoute ? ['/'] : [])).map(withoutTrailingSlash);
  return {
    name,
    command: commandOf(written.command, commandFromLine),
    port: portOf(written, routes.length > 0 || written.health !== undefined),
    routes,
    health: healthOf(written.health),
    instances: written.instances ?? defaults.service.instances,
    stop: {
      signal: written.stop?.signal ?? defaults.stop.signal,
      grace: duration(written.stop?.grace ?? defaults.stop.grace),
    },
    limits: { memory: null, cpu: null, ...limitsOf(written.limits) },
    environment: written.environment ?? {},
    restart: restartOf(written.restart),
  };
}

function portOf(written: WrittenService, isReached: boolean): ServicePort {
  const env = written.port_env ?? defaults.service.portEnv;
  if (typeof written.port === 'number') return { kind: 'fixed', port: written.port, env };
  return written.port === 'auto' || isReached ? { kind: 'auto', env } : { kind: 'none' };
}

function healthOf(written: WrittenService['health']): Health | null {
  if (written === undefined) return null;
  const keys = typeof written === 'string' ? { path: written } : written;
  return {
    path: keys.path,
    timeout: duration(keys.timeout ?? defaults.health.timeout),
    interval: duration(keys.interval ?? defaults.health.interval),
    responseTimeout: duration(keys.response_timeout ?? defaults.health.responseTimeout),
    status: keys.status ?? defaults.health.status,
  };
}

function restartOf(written: WrittenService['restart']): RestartPolicy {
  const keys = typeof written === 'string' ? { policy: written } : written;
  return {
    policy: keys?.policy ?? defaults.restart.policy,
    maxDelay: duration(keys?.max_delay ?? defaults.restart.maxDelay),
  };
}

function limitsOf(written: WrittenLimits | undefined): Partial<Limits> {
  return {
    ...(written?.memory === undefined ? {} : { memory: size(written.memory) }),
    ...(written?.cpu === undefined ? {} : { cpu: written.cpu }),
  };
}

/** A check with neither kind is refused by the rules; until they have run it stands as an empty command. */
function checkOf(name: string, written: WrittenCheck): Check {
  const timeout = duration(written.timeout ?? defaults.check.timeout);
  if (written.http === undefined) {
    const command = commandOf(written.command ?? 'true', commandFromLine);
    return {
      name,
      probe: { kind: 'command', command },
      when: unique(written.when ?? defaults.check.commandWhen),
      timeout,
    };
  }
  const { path, status, contains } = written.http;
  return {
    name,
    probe: { kind: 'http', path, status: status ?? defaults.check.httpStatus, contains: contains ?? null },
    when: unique(written.when ?? defaults.check.httpWhen),
    timeout,
  };
}

function deployOf(written: WrittenDeploy | undefined): Partial<DeployPolicy> {
  return {
    ...(written?.watch === undefined ? {} : { watch: duration(written.watch) }),
    ...(written?.drain === undefined ? {} : { drain: duration(written.drain) }),
    ...(written?.hold === undefined ? {} : { hold: duration(written.hold) }),
    ...(written?.max_error_rate === undefined ? {} : { maxErrorRate: percentage(written.max_error_rate) }),
    ...(written?.max_latency_factor === undefined ? {} : { maxLatencyFactor: written.max_latency_factor }),
  };
}

function environmentOf(name: string, written: WrittenEnvironment): Environment {
  return {
    name,
    domains: [...(written.domain === undefined ? [] : [written.domain]), ...(written.domains ?? [])],
    strategy: written.strategy ?? defaults.environment.strategy,
    hosts: written.hosts ?? defaults.environment.hosts,
    tls: tlsOf(written.tls ?? defaults.environment.tls),
    configuration: written.configuration ?? {},
    secrets: written.secrets ?? [],
    overrides: overridesOf(written),
    deploy: deployOf(written.deploy),
    promoteFrom: written.promote_from ?? null,
  };
}

function tlsOf(written: NonNullable<WrittenEnvironment['tls']>): Tls {
  if (typeof written === 'string') return { mode: written };
  return { mode: 'files', certificate: written.certificate, key: written.key };
}

function overridesOf(written: WrittenEnvironment): ServiceOverride[] {
  const instances = new Map(Object.entries(written.instances ?? {}));
  const limits = new Map(Object.entries(written.limits ?? {}));
  return unique([...instances.keys(), ...limits.keys()]).map((service) => {
    const count = instances.get(service);
    return {
      service,
      ...(count === undefined ? {} : { instances: count }),
      ...(limits.has(service) ? { limits: limitsOf(limits.get(service)) } : {}),
    };
  });
}

type WrittenCommand = string | readonly string[];

function commandOf(written: WrittenCommand, fromLine: (line: string) => Command): Command {
  return typeof written === 'string' ? fromLine(written) : { kind: 'argv', argv: written };
}

function commandList(
  written: string | readonly WrittenCommand[] | undefined,
  fromLine: (line: string) => Command,
): Command[] {
  if (written === undefined) return [];
  return (typeof written === 'string' ? [written] : written).map((entry) => commandOf(entry, fromLine));
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
const withoutTrailingSlash = (path: string) => (path.length > 1 ? path.replace(/\/$/, '') : path);
const duration = (text: string) => accepted(parseDuration(text), text);
const size = (text: string) => accepted(parseSize(text), text);
const percentage = (text: string) => accepted(parsePercentage(text), text);

function accepted<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new Error(`the schema let ${JSON.stringify(text)} through`);
  return value;
}
