import type { Instant } from '../core/units.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { type ResolvedEnvironment, resolveEnvironment } from '../manifest/resolve-environment.ts';
import type { EvidenceIndex } from './evidence-index.ts';

/** Everything that an item may be judged from. */
export interface LifecycleFacts {
  readonly app: string;
  readonly now: Instant;
  readonly evidence: EvidenceIndex;
  readonly environments: readonly EnvironmentFacts[];
}

/** One environment as it stands now. */
export interface EnvironmentFacts {
  /** `app/name`. */
  readonly id: string;
  readonly name: string;
  /** What serves; null: nothing. */
  readonly release: {
    readonly digest: string;
    readonly number: number;
    /** Versions of the programs that it was built with. */
    readonly runtimes: Readonly<Record<string, string>>;
    readonly manifest: Manifest;
  } | null;
  readonly operation: string | null;
  /** By the manifest of what serves; null while nothing does, or when that manifest does not name it. */
  readonly settings: ResolvedEnvironment | null;
}

/** `operation`: the one that made the release serve. */
export function environmentFacts(
  id: string,
  release: EnvironmentFacts['release'],
  operation: string | null,
): EnvironmentFacts {
  const name = id.slice(id.indexOf('/') + 1);
  const settings = release === null ? undefined : resolveEnvironment(release.manifest, name);
  return { id, name, release, operation, settings: settings ?? null };
}

/** An environment that takes its releases from another, and that other one; either may serve nothing yet. */
export interface Rehearsal {
  readonly staging: EnvironmentFacts;
  readonly production: EnvironmentFacts;
}

/** Every pair that `promote_from` makes, by the newest manifest that serves anywhere. */
export function rehearsals({ app, environments }: LifecycleFacts): readonly Rehearsal[] {
  const [newest] = environments
    .flatMap(({ release }) => (release === null ? [] : [release]))
    .sort((a, b) => b.number - a.number);
  if (newest === undefined) return [];
  const named = (name: string): EnvironmentFacts =>
    environments.find((environment) => environment.name === name) ??
    environmentFacts(`${app}/${name}`, null, null);
  return newest.manifest.environments.flatMap(({ name, promoteFrom }) =>
    promoteFrom === null ? [] : [{ staging: named(promoteFrom), production: named(name) }],
  );
}
