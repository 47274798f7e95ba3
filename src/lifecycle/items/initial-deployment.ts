import { formatDuration, millis } from '../../core/units.ts';
import { judged } from '../catalogue.ts';
import type { EvidenceIndex } from '../evidence-index.ts';
import type { Proof } from '../evidence-kinds.ts';
import { type EnvironmentFacts, type LifecycleFacts, type Rehearsal, rehearsals } from '../facts.ts';
import { fail, type LifecycleItem, pass, stale, togetherOr, unknown, type Verdict } from '../item.ts';

const notDeployed = unknown('Nothing is deployed yet.', 'Deploy: mainstay deploy staging');
const noRehearsal = unknown(
  'No environment takes its releases from another, so nothing is rehearsed.',
  'Set promote_from in mainstay.yaml, deploy to staging, then: mainstay promote production',
);

/** B1 and B3 to B6. */
export const initialDeploymentItems: readonly LifecycleItem[] = [
  judged('B1', forEachRehearsal(judgeMirror)),
  judged('B3', forEachRehearsal(judgeStaging)),
  judged('B4', forEachRehearsal(judgePromotion)),
  judged('B5', judgeRollback),
  judged('B6', forEachRehearsal(judgeHealthHeld)),
];

function forEachRehearsal(judge: (pair: Rehearsal, facts: LifecycleFacts) => Verdict) {
  return (facts: LifecycleFacts): Verdict =>
    togetherOr(
      rehearsals(facts).map((pair) => judge(pair, facts)),
      facts.environments.some(({ release }) => release !== null) ? noRehearsal : notDeployed,
    );
}

function judgeMirror({ staging, production }: Rehearsal, { evidence, app }: LifecycleFacts): Verdict {
  const empty = [staging, production].find(({ release }) => release === null);
  if (empty !== undefined) return nothingServes(empty, production);
  const next = `Look at them: mainstay compare ${staging.name} ${production.name}`;
  const comparison = evidence.newest(
    'compare.run',
    app,
    ({ data }) => data.left === staging.name && data.right === production.name,
  );
  if (comparison === undefined)
    return unknown(`${staging.name} and ${production.name} were never compared.`, next);
  const changed = [staging, production].find(
    (environment) => lastChange(evidence, environment) > comparison.seq,
  );
  if (changed !== undefined) {
    return stale(`${changed.name} has changed since they were compared.`, next, comparison.at);
  }
  const grave = comparison.data.differences.filter(({ severity }) => severity !== 'low');
  if (grave.length > 0) {
    const shown = grave.slice(0, 3).map(({ what }) => what);
    const more = grave.length > shown.length ? ` and ${grave.length - shown.length} more` : '';
    return fail(
      `${staging.name} differs from ${production.name} in ${shown.join(', ')}${more}.`,
      next,
      comparison.at,
    );
  }
  return pass(`Nothing makes ${staging.name} a poorer rehearsal for ${production.name}.`, comparison.at);
}

/** Seq of the last change that a comparison would see: a deploy, or configuration. */
function lastChange(evidence: EvidenceIndex, { id }: EnvironmentFacts): number {
  const deployed = evidence.newest('deploy.verified', id, ({ data }) => data.operation !== null)?.seq ?? 0;
  return Math.max(deployed, evidence.newest('config.changed', id)?.seq ?? 0);
}

function judgeStaging({ staging, production }: Rehearsal, { evidence }: LifecycleFacts): Verdict {
  if (staging.release === null) return nothingServes(staging, production);
  return judgeVerified(evidence, staging, staging.release);
}

/** The newest word on this release in this environment. */
function judgeVerified(
  evidence: EvidenceIndex,
  environment: EnvironmentFacts,
  release: { readonly digest: string; readonly number: number },
): Verdict {
  const { id, name } = environment;
  const passed = evidence.newest('deploy.verified', id, ({ data }) => data.release === release.digest);
  const failed = evidence.newest('verification.failed', id, ({ data }) => data.release === release.digest);
  const next = `Ask again: mainstay verify ${name}`;
  if (failed !== undefined && failed.seq > (passed?.seq ?? 0)) {
    return fail(`r${release.number} did not pass on ${name}: ${failed.data.reason}`, next, failed.at);
  }
  if (passed === undefined) return unknown(`r${release.number} was not verified on ${name}.`, next);
  const count = passed.data.checks.length;
  if (count === 0) {
    return fail(
      `r${release.number} serves on ${name}, but no check asks it anything.`,
      'Add checks to mainstay.yaml.',
      passed.at,
    );
  }
  return pass(`r${release.number} passed ${count} check${count === 1 ? '' : 's'} on ${name}.`, passed.at);
}

function judgePromotion({ staging, production }: Rehearsal, { evidence }: LifecycleFacts): Verdict {
  const { release, id, name } = production;
  if (release === null) return nothingServes(production, production);
  const next = `Deploy the same to ${staging.name} and promote it: mainstay promote ${name}`;
  const forced = evidence.newest('promotion.forced', id, ({ data }) => data.release === release.digest);
  const verified = evidence
    .all('deploy.verified', staging.id)
    .find(({ data }) => data.release === release.digest);
  if (verified !== undefined) {
    return pass(`r${release.number} serves on ${name} and was verified on ${staging.name}.`, verified.at);
  }
  if (forced !== undefined) {
    return fail(
      `r${release.number} went to ${name} without it, by force: ${forced.data.reason}`,
      next,
      forced.at,
    );
  }
  return fail(`r${release.number} serves on ${name} and was never verified on ${staging.name}.`, next, null);
}

function judgeRollback({ evidence, environments }: LifecycleFacts): Verdict {
  const known = new Set(environments.map(({ id }) => id));
  const rehearsed = evidence.newest(
    'operation.finished',
    undefined,
    ({ subject, data }) => known.has(subject) && data.kind === 'rollback' && data.outcome === 'succeeded',
  );
  if (rehearsed === undefined) {
    return unknown('No rollback was rehearsed.', 'Deploy twice to staging, then: mainstay rollback staging');
  }
  const took = formatDuration(millis(rehearsed.data.durationMs));
  return {
    ...pass(`${rehearsed.subject} went back in ${took}.`, rehearsed.at),
    next: 'mainstay rollback staging',
  };
}

function judgeHealthHeld({ production }: Rehearsal, { evidence }: LifecycleFacts): Verdict {
  const { release, operation, id, name, settings } = production;
  if (release === null) return nothingServes(production, production);
  const watch = settings?.deploy.watch ?? 0;
  const verified: Proof<'deploy.verified'> | undefined = evidence.newest(
    'deploy.verified',
    id,
    ({ data }) => data.operation === operation,
  );
  if (verified === undefined) return unknown(`No deploy to ${name} was seen to end.`, null);
  const failed = evidence.newest('verification.failed', id, ({ data }) => data.release === release.digest);
  const passed = evidence.newest('deploy.verified', id, ({ data }) => data.release === release.digest);
  if (failed !== undefined && failed.seq > (passed?.seq ?? 0)) {
    return fail(
      `Since its deploy, ${name} failed a check: ${failed.data.reason}`,
      `mainstay verify ${name}`,
      failed.at,
    );
  }
  if (watch === 0) {
    return fail(`${name} is not watched after a deploy.`, 'Set deploy.watch in mainstay.yaml.', verified.at);
  }
  const period = formatDuration(millis(watch));
  return pass(`r${release.number} held on ${name} through its watch period of ${period}.`, verified.at);
}

function nothingServes({ name }: EnvironmentFacts, production: EnvironmentFacts): Verdict {
  const verb = name === production.name ? 'promote' : 'deploy';
  return unknown(`Nothing serves on ${name} yet.`, `mainstay ${verb} ${name}`);
}
