import type { Check, CheckMoment } from '../manifest/manifest.ts';
import {
  type DeploymentBasis,
  domainAsHost,
  environmentId,
  type PlannedTask,
  plannedTask,
} from './planned-instances.ts';
import { serviceForPath } from './planned-routes.ts';
import type { PlannedInstance } from './records.ts';

/** One question to one target, as it stands in a plan. */
export interface PlannedCheck {
  readonly host: string;
  readonly environment: string;
  readonly name: string;
  readonly timeoutMs: number;
  readonly target:
    | { readonly kind: 'instance'; readonly instance: string; readonly host?: string }
    | { readonly kind: 'public'; readonly host: string; readonly tls: boolean };
  readonly http: { readonly path: string; readonly status: number; readonly contains: string | null } | null;
  readonly command: PlannedTask | null;
}

/** HTTP checks ask every new instance of the service that the path leads to; a command runs once. */
export function privateChecks(basis: DeploymentBasis, instances: readonly PlannedInstance[]): PlannedCheck[] {
  return checksFor(basis, 'private').flatMap((check) => {
    if (check.probe.kind === 'command') {
      const [first] = instances.filter((instance) => instance.port.mode !== 'none');
      const target = first ?? instances[0];
      return target === undefined
        ? []
        : [plannedCheck(basis, check, instanceTarget(basis, target), target.host, 'private')];
    }
    const service = serviceForPath(basis.environment, check.probe.path);
    return instances
      .filter((instance) => instance.service === service)
      .map((instance) =>
        plannedCheck(basis, check, instanceTarget(basis, instance), instance.host, 'private'),
      );
  });
}

/** Through the ingress, by the environment's first domain. */
export function publicChecks(basis: DeploymentBasis): PlannedCheck[] {
  const [domain] = basis.environment.domains;
  if (domain === undefined) return [];
  const target = { kind: 'public', host: domain, tls: basis.environment.tls.mode !== 'off' } as const;
  return checksFor(basis, 'public').map((check) =>
    plannedCheck(basis, check, target, basis.environment.hosts[0] ?? 'local', 'public'),
  );
}

function checksFor(basis: DeploymentBasis, moment: CheckMoment): readonly Check[] {
  return basis.environment.checks.filter((check) => check.when.includes(moment));
}

function instanceTarget(basis: DeploymentBasis, instance: PlannedInstance): PlannedCheck['target'] {
  return { kind: 'instance', instance: instance.id, ...domainAsHost(basis.environment) };
}

function plannedCheck(
  basis: DeploymentBasis,
  check: Check,
  target: PlannedCheck['target'],
  host: string,
  moment: CheckMoment,
): PlannedCheck {
  const { probe } = check;
  return {
    host,
    environment: environmentId(basis.environment),
    name: check.name,
    timeoutMs: check.timeout,
    target,
    http: probe.kind === 'http' ? { path: probe.path, status: probe.status, contains: probe.contains } : null,
    command:
      probe.kind === 'command'
        ? plannedTask(basis, {
            id: `${basis.environment.app}.${basis.environment.name}.check-${check.name}.${basis.tag}.${moment}`,
            title: `check ${check.name}`,
            command: probe.command,
            variables: basis.environment.configuration,
            timeoutMs: check.timeout,
          })
        : null,
  };
}

/** `web.0` for the id of an instance, as people see it. */
export function shortName(instances: readonly PlannedInstance[], id: string): string {
  const instance = instances.find((candidate) => candidate.id === id);
  return instance === undefined ? id : `${instance.service}.${instance.ordinal}`;
}
