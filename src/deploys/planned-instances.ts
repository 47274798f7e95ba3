import type { TaskSpec } from '../api/agent.ts';
import type { Command, Service } from '../manifest/manifest.ts';
import type { ResolvedEnvironment } from '../manifest/resolve-environment.ts';
import type { PlannedInstance } from './records.ts';

/** What every process of one deployment has in common. */
export interface DeploymentBasis {
  /** Short and unique for each deployment: it keeps new instances apart from old ones of the same release. */
  readonly tag: string;
  readonly environment: ResolvedEnvironment;
  readonly release: { readonly digest: string; readonly number: number };
  readonly revision: number;
  readonly values: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
}

/** A task in a plan: names of secrets, never values. */
export type PlannedTask = Omit<TaskSpec, 'secrets'> & {
  readonly host: string;
  readonly secretNames: readonly string[];
  readonly revision: number;
};

export const environmentId = (environment: ResolvedEnvironment): string =>
  `${environment.app}/${environment.name}`;

/** Instances of the new deployment, spread over the hosts in turn. Ids carry the release and the deployment. */
export function plannedInstances(basis: DeploymentBasis): PlannedInstance[] {
  return basis.environment.services.flatMap((service) =>
    Array.from({ length: service.instances }, (_, ordinal) => plannedInstance(basis, service, ordinal)),
  );
}

function plannedInstance(basis: DeploymentBasis, service: Service, ordinal: number): PlannedInstance {
  const { environment, release, tag } = basis;
  const hosts = environment.hosts;
  return {
    ...execution(basis, service.command, service.environment),
    release: release.digest,
    id: `${environment.app}.${environment.name}.${service.name}.${release.digest.slice(0, 8)}.${tag}.${ordinal}`,
    host: hosts[ordinal % hosts.length] ?? 'local',
    service: service.name,
    ordinal,
    port: plannedPort(service),
    health:
      service.health === null
        ? null
        : {
            path: service.health.path,
            ...domainAsHost(environment),
            status: service.health.status,
            timeoutMs: service.health.timeout,
            intervalMs: service.health.interval,
          },
    stop: { signal: service.stop.signal, graceMs: service.stop.grace },
    limits: { memoryBytes: service.limits.memory, cpus: service.limits.cpu },
    restart: { policy: service.restart.policy, maxDelayMs: service.restart.maxDelay },
  };
}

/** What a visitor's browser would send; Django and others refuse a Host that they were not told of. */
export function domainAsHost(environment: ResolvedEnvironment): { readonly host?: string } {
  const [domain] = environment.domains;
  return domain === undefined ? {} : { host: domain };
}

function plannedPort(service: Service): PlannedInstance['port'] {
  switch (service.port.kind) {
    case 'none':
      return { mode: 'none' };
    case 'auto':
      return { mode: 'auto', env: service.port.env };
    case 'fixed':
      return { mode: 'fixed', port: service.port.port, env: service.port.env };
  }
}

/** Command, variables and data of any process of the deployment. Values set by the operator win. */
function execution(basis: DeploymentBasis, command: Command, variables: Readonly<Record<string, string>>) {
  return {
    environment: environmentId(basis.environment),
    command: copyCommand(command),
    variables: { ...variables, ...basis.values },
    secretNames: basis.secretNames,
    data: basis.environment.data.map(({ name, type, path, env }) => ({ name, type, path, env })),
  };
}

export interface TaskWish {
  readonly id: string;
  readonly title: string;
  readonly command: Command;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export function plannedTask(basis: DeploymentBasis, wish: TaskWish): PlannedTask {
  return {
    ...execution(basis, wish.command, wish.variables),
    release: basis.release.digest,
    id: wish.id,
    title: wish.title,
    host: basis.environment.hosts[0] ?? 'local',
    timeoutMs: wish.timeoutMs,
    limits: { memoryBytes: null, cpus: null },
    revision: basis.revision,
  };
}

function copyCommand(command: Command): PlannedInstance['command'] {
  return command.kind === 'argv'
    ? { kind: 'argv', argv: [...command.argv] }
    : { kind: 'shell', line: command.line };
}
