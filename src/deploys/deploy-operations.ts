import { Failure } from '../core/failure.ts';
import type { OperationKind, WorkContext } from '../operations/step.ts';
import { environmentOf, prepareDeploy } from './prepare-deploy.ts';
import type { DeployableRelease, DeployDeps, ReleaseBuilder, ReleaseSource } from './records.ts';

type DeployInput = {
  readonly source: ReleaseSource | null;
  readonly release: string | null;
  readonly force: string | null;
};

/** Builds from source, or takes an existing release, and deploys it. */
export function deployOperation(deps: DeployDeps, builder: ReleaseBuilder): OperationKind<DeployInput> {
  return {
    kind: 'deploy',
    async prepare(context, input) {
      const { environment } = context.operation;
      const release = await chosenRelease(deps, builder, context, input);
      const forced = requireVerified(deps, context, release, input.force);
      return prepareDeploy(deps, context, {
        reason: 'deploy',
        environment,
        release,
        revision: deps.records.configRevision(environment),
        forced,
      });
    },
  };
}

async function chosenRelease(
  deps: DeployDeps,
  builder: ReleaseBuilder,
  context: WorkContext,
  input: DeployInput,
): Promise<DeployableRelease> {
  const { environment } = context.operation;
  if (input.source !== null) return builder.build(context, environment, input.source);
  if (input.release !== null) return deps.records.findRelease(appOf(environment), input.release);
  throw new Failure('usage-invalid', 'A deploy needs a source or a release.');
}

/**
 * An environment that is promoted to takes only what was verified where it is promoted from. Answers with the
 * reason when it was forced past that.
 */
function requireVerified(
  deps: DeployDeps,
  context: WorkContext,
  release: DeployableRelease,
  force: string | null,
): string | null {
  const { environment: id } = context.operation;
  const { promoteFrom, app, name } = environmentOf(release, id);
  if (promoteFrom === null) return null;
  const { verified, reason } = deps.records.verification(`${app}/${promoteFrom}`, release.digest);
  if (verified) return null;
  if (force !== null) {
    context.emit({
      type: 'note',
      text: `r${release.number} was not verified in ${promoteFrom}; forced: ${force}`,
    });
    return force;
  }
  throw new Failure('not-verified', `r${release.number} may not go to ${id}: ${reason}`, {
    hint: `Deploy it to ${promoteFrom} first, then: mainstay promote ${name}. To go past this, add --force "REASON"; it is kept in the evidence.`,
  });
}

type PromoteInput = { readonly from: string | null; readonly force: string | null };

/** Moves the very release that serves in another environment; nothing is built. */
export function promoteOperation(deps: DeployDeps): OperationKind<PromoteInput> {
  return {
    kind: 'promote',
    async prepare(context, input) {
      const { environment } = context.operation;
      const release = releaseToPromote(deps, environment, input.from);
      const forced = requireVerified(deps, context, release, input.force);
      return prepareDeploy(deps, context, {
        reason: 'promote',
        environment,
        release,
        revision: deps.records.configRevision(environment),
        forced,
      });
    },
  };
}

function releaseToPromote(deps: DeployDeps, environment: string, from: string | null): DeployableRelease {
  const app = appOf(environment);
  const source = from ?? deps.records.promotionSource(environment);
  if (source === null)
    throw new Failure('usage-invalid', `Nothing says what to promote to ${environment} from.`, {
      hint: 'Name it with --from, or set promote_from in mainstay.yaml.',
    });
  const serving = deps.records.current(`${app}/${source}`);
  if (serving === undefined)
    throw new Failure('conflict', `${app}/${source} serves no release that could be promoted.`, {
      hint: `Deploy to it first: mainstay deploy ${source}`,
    });
  return deps.records.release(serving.release);
}

type RollbackInput = { readonly release: string | null };

/** Returns to an earlier deployment: its release with the configuration it ran with. */
export function rollbackOperation(deps: DeployDeps): OperationKind<RollbackInput> {
  return {
    kind: 'rollback',
    async prepare(context, input) {
      const { environment } = context.operation;
      const earlier = deps.records.previous(environment);
      const wanted =
        input.release === null ? null : deps.records.findRelease(appOf(environment), input.release);
      const target = wanted === null ? earlier[0] : earlier.find(({ release }) => release === wanted.digest);
      if (target === undefined) throw nothingToReturnTo(environment, wanted);
      return prepareDeploy(deps, context, {
        reason: 'rollback',
        environment,
        release: deps.records.release(target.release),
        revision: target.configRevision,
      });
    },
  };
}

function nothingToReturnTo(environment: string, wanted: DeployableRelease | null): Failure {
  const what = wanted === null ? 'no earlier release' : `r${wanted.number} never served there`;
  return new Failure('conflict', `Cannot roll ${environment} back: ${what}.`, {
    hint: `See what did: mainstay releases ${appOf(environment)}`,
  });
}

export function appOf(environment: string): string {
  return environment.slice(0, environment.indexOf('/'));
}
