import { canonicalJson } from '../core/json.ts';
import type { Clock } from '../core/units.ts';
import type { Database, Row } from './database.ts';
import { integer, json, text } from './row.ts';

/** Configuration and secrets of one environment from one change to the next. */
export interface ConfigRevision {
  readonly environment: string;
  /** Counts from 1 in each environment. */
  readonly revision: number;
  readonly createdAt: number;
  readonly values: Readonly<Record<string, string>>;
  /** Ciphertext of the secrets, opaque to the store. */
  readonly sealed: string;
  readonly author: string;
}

export class ConfigRevisions {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The environment must be known. */
  add(revision: Omit<ConfigRevision, 'revision' | 'createdAt'>): ConfigRevision {
    const row = this.#database.get(
      `INSERT INTO config_revisions (environment, revision, created_at, plain, sealed, author)
       SELECT ?1, coalesce(max(revision), 0) + 1, ?2, ?3, ?4, ?5 FROM config_revisions WHERE environment = ?1
       RETURNING *`,
      revision.environment,
      this.#clock.now(),
      canonicalJson(revision.values),
      revision.sealed,
      revision.author,
    );
    return toRevision(row ?? {});
  }

  /** Empties every revision of an environment; their numbers stay, because deployments name them. */
  erase(environment: string): void {
    this.#database.run(
      `UPDATE config_revisions SET plain = '{}', sealed = '{}' WHERE environment = ?`,
      environment,
    );
  }

  latest(environment: string): ConfigRevision | undefined {
    const row = this.#database.get(
      'SELECT * FROM config_revisions WHERE environment = ? ORDER BY revision DESC LIMIT 1',
      environment,
    );
    return row === undefined ? undefined : toRevision(row);
  }

  get(environment: string, revision: number): ConfigRevision | undefined {
    const row = this.#database.get(
      'SELECT * FROM config_revisions WHERE environment = ? AND revision = ?',
      environment,
      revision,
    );
    return row === undefined ? undefined : toRevision(row);
  }
}

function toRevision(row: Row): ConfigRevision {
  return {
    environment: text(row, 'environment'),
    revision: integer(row, 'revision'),
    createdAt: integer(row, 'created_at'),
    values: json<Record<string, string>>(row, 'plain'),
    sealed: text(row, 'sealed'),
    author: text(row, 'author'),
  };
}
