import { Failure } from '../core/failure.ts';
import type { Sealer } from '../system/sealing.ts';
import {
  changeConfig,
  compareConfig,
  type ConfigChange,
  type ConfigDifference,
  type ConfigDocument,
  emptyConfig,
  openSecrets,
  secretNames,
} from './config-document.ts';

/** Keeps revisions; the store implements it. */
export interface ConfigRevisions {
  latest(environment: string): (ConfigDocument & { readonly revision: number }) | undefined;
  get(environment: string, revision: number): ConfigDocument | undefined;
  /** Adds the next revision of the environment. */
  add(revision: ConfigDocument & { readonly environment: string; readonly author: string }): {
    readonly revision: number;
  };
}

export interface ConfigDeps {
  readonly revisions: ConfigRevisions;
  readonly sealer: Sealer;
}

/**
 * Values and secrets of environments, apart from the artifact. Environments are named `app/name`; revision 0 is
 * the one before anything was set.
 */
export class Configuration {
  readonly #revisions: ConfigRevisions;
  readonly #sealer: Sealer;

  constructor(deps: ConfigDeps) {
    this.#revisions = deps.revisions;
    this.#sealer = deps.sealer;
  }

  latestRevision(environment: string): number {
    return this.#revisions.latest(environment)?.revision ?? 0;
  }

  values(environment: string, revision: number): Readonly<Record<string, string>> {
    return this.#document(environment, revision).values;
  }

  /** In alphabetical order. */
  secretNames(environment: string, revision: number): readonly string[] {
    return secretNames(this.#document(environment, revision));
  }

  /** Opens the secrets named; throws `config-invalid` naming those that are not set. */
  secrets(environment: string, revision: number, names: readonly string[]): Readonly<Record<string, string>> {
    return openSecrets(this.#document(environment, revision), names, environment, this.#sealer);
  }

  /** Makes the next revision; null when the change changes nothing. It takes effect with the next deploy. */
  change(
    environment: string,
    change: ConfigChange,
    author: string,
  ): { readonly revision: number; readonly difference: ConfigDifference } | null {
    const before = this.#revisions.latest(environment) ?? emptyConfig;
    const after = changeConfig(before, change, environment, this.#sealer);
    const difference = compareConfig(before, after);
    if (Object.values(difference).every((names: readonly string[]) => names.length === 0)) return null;
    const { revision } = this.#revisions.add({ ...after, environment, author });
    return { revision, difference };
  }

  /** What lies between two revisions, without values. */
  difference(environment: string, from: number, to: number): ConfigDifference {
    return compareConfig(this.#document(environment, from), this.#document(environment, to));
  }

  #document(environment: string, revision: number): ConfigDocument {
    if (revision === 0) return emptyConfig;
    const document = this.#revisions.get(environment, revision);
    if (document !== undefined) return document;
    throw new Failure('not-found', `${environment} has no configuration revision ${revision}.`);
  }
}
