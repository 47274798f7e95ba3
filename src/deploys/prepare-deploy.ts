import { Failure } from '../core/failure.ts';
import { type ResolvedEnvironment, resolveEnvironment } from '../manifest/resolve-environment.ts';
import type { Plan, WorkContext } from '../operations/step.ts';
import type { DeployReason } from './deploy-wish.ts';
import { planDeploy } from './plan-deploy.ts';
import type { DeploymentBasis } from './planned-instances.ts';
import type { DeployableRelease, DeployDeps } from './records.ts';

export interface PrepareWish {
  readonly reason: DeployReason;
  readonly environment: string;
  readonly release: DeployableRelease;
  /** The configuration to run with; a rollback takes that of the deployment it returns to. */
  readonly revision: number;
  readonly forced?: string | null;
}

/** Looks at the hosts and plans. Changes nothing. */
export async function prepareDeploy(
  deps: DeployDeps,
  context: WorkContext,
  wish: PrepareWish,
): Promise<Plan> {
  const basis = deploymentBasis(deps, context, wish);
  const current = deps.records.current(wish.environment);
  return planDeploy({
    ...basis,
    reason: wish.reason,
    deploymentId: context.operation.id,
    forced: wish.forced ?? null,
    current:
      current === undefined
        ? undefined
        : { ...current, number: deps.records.release(current.release).number },
    observed: await observeHosts(deps, context, wish.environment, basis.environment.hosts),
  });
}

export async function observeHosts(
  deps: DeployDeps,
  context: WorkContext,
  environment: string,
  hosts: readonly string[],
) {
  return Promise.all(
    hosts.map(async (host) => ({
      host,
      observation: await deps.hosts.get(host).call('observe', { environment }, context.signal),
    })),
  );
}

/** Everything that the processes of a deployment share; throws when a required secret was never set. */
export function deploymentBasis(
  deps: DeployDeps,
  context: WorkContext,
  wish: Omit<PrepareWish, 'reason'>,
): DeploymentBasis {
  const environment = environmentOf(wish.release, wish.environment);
  const secretNames = deps.configuration.secretNames(wish.environment, wish.revision);
  const missing = environment.secrets.filter((name) => !secretNames.includes(name));
  if (missing.length > 0)
    throw new Failure('config-invalid', `${wish.environment} lacks secrets: ${missing.join(', ')}`, {
      hint: `Set each with: mainstay secret set ${environment.name} ${missing[0]}`,
      details: { missing },
    });
  return {
    tag: operationTag(context.operation.id),
    environment,
    release: { digest: wish.release.digest, number: wish.release.number },
    revision: wish.revision,
    values: deps.configuration.values(wish.environment, wish.revision),
    secretNames,
  };
}

export function environmentOf(release: DeployableRelease, id: string): ResolvedEnvironment {
  const name = id.slice(id.indexOf('/') + 1);
  const environment = resolveEnvironment(release.manifest, name);
  if (environment !== undefined) return environment;
  const known = release.manifest.environments.map((candidate) => candidate.name).join(', ');
  throw new Failure('not-found', `r${release.number} of ${release.app} has no environment ${name}.`, {
    hint: `Its manifest names: ${known}.`,
  });
}

/** The end of an operation's id, in the characters that instance ids allow. */
function operationTag(id: string): string {
  return id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(-10);
}
