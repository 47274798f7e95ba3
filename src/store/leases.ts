import { Failure } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import type { Lease, LeaseAnswer, LeaseOwner, LeaseSight, LeaseStore } from '../operations/storage.ts';
import type { Database } from './database.ts';
import { integer, text } from './row.ts';

export class SqliteLeases implements LeaseStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #isAlive: (owner: LeaseOwner) => boolean;

  constructor(database: Database, clock: Clock, isAlive: (owner: LeaseOwner) => boolean) {
    this.#database = database;
    this.#clock = clock;
    this.#isAlive = isAlive;
  }

  acquire(
    environment: string,
    operation: string,
    owner: LeaseOwner,
    expired: LeaseSight | null,
  ): LeaseAnswer {
    return this.#database.transaction(() => {
      const held = this.#held(environment);
      if (held !== undefined && this.#isAlive(held.owner) && !isSame(held.sight, expired)) {
        return { kind: 'held', ...held };
      }
      // Never below the seconds of the epoch: a database brought back from a copy still outranks what hosts saw.
      const row = this.#database.get(
        `INSERT INTO leases (environment, fence, renewal, operation, owner_pid, owner_started_at)
         VALUES (?1, ?2, 0, ?3, ?4, ?5)
         ON CONFLICT (environment) DO UPDATE SET
           fence = max(fence + 1, excluded.fence), renewal = 0, operation = excluded.operation,
           owner_pid = excluded.owner_pid, owner_started_at = excluded.owner_started_at
         RETURNING fence`,
        environment,
        Math.floor(this.#clock.now() / 1000),
        operation,
        owner.pid,
        owner.startedAt,
      );
      return { kind: 'acquired', lease: { environment, operation, fence: integer(row ?? {}, 'fence') } };
    });
  }

  renew(lease: Lease): void {
    const { changes } = this.#database.run(
      'UPDATE leases SET renewal = renewal + 1 WHERE environment = ? AND fence = ? AND operation = ?',
      lease.environment,
      lease.fence,
      lease.operation,
    );
    if (changes === 0) throw leaseLost(lease);
  }

  release(lease: Lease): void {
    this.#database.run(
      `UPDATE leases SET operation = NULL, owner_pid = NULL, owner_started_at = NULL
       WHERE environment = ? AND fence = ? AND operation = ?`,
      lease.environment,
      lease.fence,
      lease.operation,
    );
  }

  /** Throws `lease-lost` unless the lease is the present one; called within the transaction of the write. */
  require(lease: Lease): void {
    const row = this.#database.get(
      'SELECT 1 FROM leases WHERE environment = ? AND fence = ? AND operation = ?',
      lease.environment,
      lease.fence,
      lease.operation,
    );
    if (row === undefined) throw leaseLost(lease);
  }

  #held(environment: string): { readonly owner: LeaseOwner; readonly sight: LeaseSight } | undefined {
    const row = this.#database.get(
      `SELECT fence, renewal, owner_pid, owner_started_at FROM leases
       WHERE environment = ? AND operation IS NOT NULL`,
      environment,
    );
    if (row === undefined) return undefined;
    return {
      owner: { pid: integer(row, 'owner_pid'), startedAt: text(row, 'owner_started_at') },
      sight: { fence: integer(row, 'fence'), renewal: integer(row, 'renewal') },
    };
  }
}

function isSame(sight: LeaseSight, expired: LeaseSight | null): boolean {
  return expired !== null && sight.fence === expired.fence && sight.renewal === expired.renewal;
}

function leaseLost(lease: Lease): Failure {
  return new Failure('lease-lost', `Another worker took over ${lease.environment}; this one stops here.`, {
    details: { environment: lease.environment, operation: lease.operation, fence: lease.fence },
  });
}
