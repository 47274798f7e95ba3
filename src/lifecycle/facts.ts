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

/** An environment that takes its releases from another, and that other one. */
export interface Rehearsal {
  readonly staging: EnvironmentFacts | undefined;
  readonly production: EnvironmentFacts;
}

/** Every pair that `promote_from` makes; `staging` is undefined when it was never deployed. */
export function rehearsals({ environments }: LifecycleFacts): readonly Rehearsal[] {
  return environments.flatMap((production) => {
    const from = production.settings?.promoteFrom ?? null;
    if (from === null) return [];
    return [{ production, staging: environments.find(({ name }) => name === from) }];
  });
}
