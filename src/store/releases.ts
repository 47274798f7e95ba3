import { Failure } from '../core/failure.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { Clock } from '../core/units.ts';
import type { Database, Row } from './database.ts';
import { integer, integerOrNull, json, text, textOrNull } from './row.ts';

/** An immutable artifact, as it is remembered: also after its content was removed. */
export interface ReleaseRecord {
  readonly digest: string;
  readonly app: string;
  /** Counts from 1 in each app, in the order of first builds: `r7`. */
  readonly number: number;
  readonly createdAt: number;
  readonly sourceDigest: string;
  readonly manifest: Json;
  readonly treeDigest: string;
  readonly files: number;
  readonly bytes: number;
  /** Commit of the source, where it lay in a repository. */
  readonly commit: string | null;
  /** The source differed from that commit. */
  readonly dirty: boolean;
  /** Versions of the programs that it was built with: `{ node: '24.21.0' }`. */
  readonly runtimes: Readonly<Record<string, string>>;
  readonly buildOperation: string | null;
  /** When retention removed its content; the record stays. */
  readonly removedAt: number | null;
}

export type NewRelease = Omit<ReleaseRecord, 'number' | 'createdAt' | 'removedAt'>;

/** Where a release serves now, and where a deployment of it has succeeded at some time. */
export interface ReleasePlaces {
  readonly serving: readonly string[];
  readonly succeeded: readonly string[];
}

export class Releases {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Remembers a build. A digest that is known keeps its number; its content counts as present again. */
  add(release: NewRelease): ReleaseRecord {
    const row = this.#database.get(
      `INSERT INTO releases (digest, app, number, created_at, source_digest, manifest, tree_digest, files, bytes,
         source_commit, dirty, runtimes, build_operation)
       SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
       FROM releases WHERE app = ?2
       ON CONFLICT (digest) DO UPDATE SET removed_at = NULL
       RETURNING *`,
      release.digest,
      release.app,
      this.#clock.now(),
      release.sourceDigest,
      canonicalJson(release.manifest),
      release.treeDigest,
      release.files,
      release.bytes,
      release.commit,
      release.dirty ? 1 : 0,
      canonicalJson(release.runtimes),
      release.buildOperation,
    );
    return toRelease(row ?? {});
  }

  get(digest: string): ReleaseRecord | undefined {
    const row = this.#database.get('SELECT * FROM releases WHERE digest = ?', digest);
    return row === undefined ? undefined : toRelease(row);
  }

  /** By number (`r7`) or the beginning of a digest; throws `not-found`, or `conflict` when several match. */
  find(app: string, reference: string): ReleaseRecord {
    const number = /^r([1-9]\d{0,8})$/.exec(reference)?.[1];
    const rows =
      number === undefined
        ? this.#database.all(
            'SELECT * FROM releases WHERE app = ? AND substr(digest, 1, ?) = ? LIMIT 2',
            app,
            reference.length,
            reference,
          )
        : this.#database.all('SELECT * FROM releases WHERE app = ? AND number = ?', app, Number(number));
    const [row, second] = rows;
    if (second !== undefined) {
      throw new Failure('conflict', `Several releases of ${app} begin with ${reference}.`, {
        hint: 'Give more digits, or the number.',
      });
    }
    if (row === undefined) {
      throw new Failure('not-found', `${app} has no release ${reference}.`, {
        hint: 'List them with: mainstay releases',
      });
    }
    return toRelease(row);
  }

  /** Newest first. */
  list(app: string): readonly ReleaseRecord[] {
    return this.#database
      .all('SELECT * FROM releases WHERE app = ? ORDER BY number DESC', app)
      .map(toRelease);
  }

  /** By digest, for the releases of an app that were ever deployed. */
  places(app: string): ReadonlyMap<string, ReleasePlaces> {
    const rows = this.#database.all(
      `SELECT d.release, e.name, max(e.current_deployment IS d.id) AS serving, max(d.outcome IS 'succeeded') AS succeeded
       FROM deployments d JOIN environments e ON e.id = d.environment
       WHERE e.app = ? GROUP BY d.release, e.name ORDER BY e.name`,
      app,
    );
    const places = new Map<string, { serving: string[]; succeeded: string[] }>();
    for (const row of rows) {
      const digest = text(row, 'release');
      const place = places.get(digest) ?? { serving: [], succeeded: [] };
      if (integer(row, 'serving') === 1) place.serving.push(text(row, 'name'));
      if (integer(row, 'succeeded') === 1) place.succeeded.push(text(row, 'name'));
      places.set(digest, place);
    }
    return places;
  }

  markRemoved(digest: string): void {
    this.#database.run(
      'UPDATE releases SET removed_at = ? WHERE digest = ? AND removed_at IS NULL',
      this.#clock.now(),
      digest,
    );
  }
}

function toRelease(row: Row): ReleaseRecord {
  return {
    digest: text(row, 'digest'),
    app: text(row, 'app'),
    number: integer(row, 'number'),
    createdAt: integer(row, 'created_at'),
    sourceDigest: text(row, 'source_digest'),
    manifest: json(row, 'manifest'),
    treeDigest: text(row, 'tree_digest'),
    files: integer(row, 'files'),
    bytes: integer(row, 'bytes'),
    commit: textOrNull(row, 'source_commit'),
    dirty: integer(row, 'dirty') === 1,
    runtimes: json<Record<string, string>>(row, 'runtimes'),
    buildOperation: textOrNull(row, 'build_operation'),
    removedAt: integerOrNull(row, 'removed_at'),
  };
}
