import type { Clock } from '../core/units.ts';
import type { LeaseOwner, OperationStore } from '../operations/storage.ts';
import { isAlive } from '../system/process-identity.ts';
import { Apps } from './apps.ts';
import { ConfigRevisions } from './config-revisions.ts';
import { keepDatedCopy } from './copy-database.ts';
import type { Database } from './database.ts';
import { Deployments } from './deployments.ts';
import { Environments } from './environments.ts';
import { SqliteEventLog } from './event-log.ts';
import { SqliteEvidence } from './evidence.ts';
import { SqliteLeases } from './leases.ts';
import { type Migration, migrations } from './migrations/migrations.ts';
import { openDatabase } from './open-database.ts';
import { SqliteOperationJournal } from './operation-journal.ts';
import { SqliteOperationQueue } from './operation-queue.ts';
import { type EnvironmentOverview, readOverview } from './overview.ts';
import { Releases } from './releases.ts';
import { Waivers } from './waivers.ts';

export interface StoreOptions {
  /** `home.database`. */
  readonly path: string;
  readonly clock: Clock;
  /** Whether the owner of a lease still runs; by default asked of this machine. */
  readonly isOwnerAlive?: (owner: LeaseOwner) => boolean;
  /** Those of this version, unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
}

/** Everything that the control plane remembers. One connection, so a transaction covers every aggregate. */
export class Store implements Disposable {
  readonly apps: Apps;
  readonly releases: Releases;
  readonly environments: Environments;
  readonly deployments: Deployments;
  readonly configRevisions: ConfigRevisions;
  readonly operations: OperationStore;
  readonly evidence: SqliteEvidence;
  readonly waivers: Waivers;
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock, isOwnerAlive: (owner: LeaseOwner) => boolean) {
    this.#database = database;
    this.#clock = clock;
    this.apps = new Apps(database, clock);
    this.releases = new Releases(database, clock);
    this.environments = new Environments(database, clock);
    this.deployments = new Deployments(database, clock);
    this.configRevisions = new ConfigRevisions(database, clock);
    this.evidence = new SqliteEvidence(database, clock);
    this.waivers = new Waivers(database, clock);
    const events = new SqliteEventLog(database);
    const leases = new SqliteLeases(database, clock, isOwnerAlive);
    this.operations = {
      events,
      leases,
      queue: new SqliteOperationQueue(database, clock, events),
      journal: new SqliteOperationJournal(database, clock, events, leases),
    };
  }

  /** All of it or nothing; the work must be synchronous. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  /** All environments, those of one app, or one, with release and last operation: one query. */
  overview(
    filter: { readonly app?: string; readonly environment?: string } = {},
  ): readonly EnvironmentOverview[] {
    return readOverview(this.#database, filter);
  }

  /** Makes a dated copy beside the database and keeps the newest `keep` of them; answers with its path. */
  keepCopy(keep: number): Promise<string> {
    return keepDatedCopy(this.#database, this.#clock.now(), keep);
  }

  close(): void {
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens the store of a home, making or migrating it as needed. Throws `state-corrupt` with the way back,
 * `state-newer`, `permission-denied` or `disk-full`; a database that it refuses is left as it is.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const database = await openDatabase(options.path, options.migrations ?? migrations);
  return new Store(database, options.clock, options.isOwnerAlive ?? isAlive);
}
