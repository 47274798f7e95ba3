import { Failure } from '../core/failure.ts';
import { canonicalJson } from '../core/json.ts';
import type { Clock } from '../core/units.ts';
import type { OperationRecord, OperationSummary, StepRecord } from '../operations/operation.ts';
import type { Enqueued, NewOperation, OperationFilter, OperationQueue } from '../operations/storage.ts';
import type { Database } from './database.ts';
import type { SqliteEventLog } from './event-log.ts';
import { summaryColumns, toOperation, toStep, toSummary } from './operation-rows.ts';
import { integer, text } from './row.ts';

/** True once a step marked `commit` has begun and not failed: the operation can only go forward. */
export const isCertain = `EXISTS (
  SELECT 1 FROM steps
  WHERE steps.operation = operations.id AND is_commit = 1 AND steps.state IN ('started', 'done')
)`;

export class SqliteOperationQueue implements OperationQueue {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #events: SqliteEventLog;

  constructor(database: Database, clock: Clock, events: SqliteEventLog) {
    this.#database = database;
    this.#clock = clock;
    this.#events = events;
  }

  enqueue(operation: NewOperation): Enqueued {
    return this.#database.transaction(() => {
      const known = this.#database.get(
        'SELECT * FROM operations WHERE idempotency_key = ?',
        operation.idempotencyKey,
      );
      if (known !== undefined)
        return { operation: sameRequest(toOperation(known), operation), created: false };
      const now = this.#clock.now();
      const { id, kind, environment, requestedBy } = operation;
      const ahead = this.#ahead(environment);
      this.#database.run(
        `INSERT INTO operations (id, kind, environment, idempotency_key, input, state, requested_by, created_at)
         VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)`,
        id,
        kind,
        environment,
        operation.idempotencyKey,
        canonicalJson(operation.input),
        requestedBy,
        now,
      );
      this.#events.append(id, now, { type: 'accepted', data: { kind, environment, requestedBy } });
      if (ahead !== undefined) this.#events.append(id, now, { type: 'queued-behind', data: ahead });
      return { operation: this.#require(id), created: true };
    });
  }

  get(id: string): OperationRecord | undefined {
    const row = this.#database.get('SELECT * FROM operations WHERE id = ?', id);
    return row === undefined ? undefined : toOperation(row);
  }

  find(idOrPrefix: string): OperationRecord {
    const rows = this.#database.all(
      `SELECT * FROM operations WHERE substr(id, 1, ?) = ? AND ? > 0 ORDER BY length(id), id LIMIT 2`,
      idOrPrefix.length,
      idOrPrefix,
      idOrPrefix.length,
    );
    const [first, second] = rows.map(toOperation);
    if (first === undefined) throw unknownOperation(idOrPrefix);
    if (second !== undefined && first.id !== idOrPrefix) {
      throw new Failure('conflict', `Several operations begin with "${idOrPrefix}".`, {
        hint: 'Give more of its id.',
      });
    }
    return first;
  }

  list({ environment, limit }: OperationFilter): readonly OperationSummary[] {
    const rows =
      environment === undefined
        ? this.#database.all(`SELECT ${summaryColumns} FROM operations ORDER BY position DESC LIMIT ?`, limit)
        : this.#database.all(
            `SELECT ${summaryColumns} FROM operations WHERE environment = ? ORDER BY position DESC LIMIT ?`,
            environment,
            limit,
          );
    return rows.map(toSummary);
  }

  steps(operation: string): readonly StepRecord[] {
    return this.#database
      .all('SELECT * FROM steps WHERE operation = ? ORDER BY position', operation)
      .map(toStep);
  }

  heads(): readonly { readonly environment: string; readonly operation: string }[] {
    return this.#database
      .all(
        `SELECT environment, id, min(position) FROM operations WHERE state <> 'finished'
         GROUP BY environment ORDER BY 3`,
      )
      .map((row) => ({ environment: text(row, 'environment'), operation: text(row, 'id') }));
  }

  unrecorded(): readonly string[] {
    return this.#database
      .all(`SELECT id FROM operations WHERE state = 'finished' AND recorded = 0 ORDER BY position`)
      .map((row) => text(row, 'id'));
  }

  markRecorded(operation: string): void {
    this.#database.run(`UPDATE operations SET recorded = 1 WHERE id = ? AND state = 'finished'`, operation);
  }

  requestCancel(id: string, by: string): OperationSummary {
    return this.#database.transaction(() => {
      const row = this.#database.get(
        `SELECT ${summaryColumns}, ${isCertain} AS certain FROM operations WHERE id = ?`,
        id,
      );
      if (row === undefined) throw unknownOperation(id);
      const operation = toSummary(row);
      if (operation.cancelRequestedAt !== null) return operation;
      refuseCancel(operation, integer(row, 'certain') === 1);
      const now = this.#clock.now();
      this.#database.run(
        'UPDATE operations SET cancel_requested_at = ?, cancel_requested_by = ? WHERE id = ?',
        now,
        by,
        id,
      );
      this.#events.append(id, now, { type: 'cancel-requested', data: { by } });
      if (operation.state === 'queued') this.#endQueued(id, by, now);
      return this.#require(id);
    });
  }

  #endQueued(id: string, by: string, now: number): void {
    const failure = new Failure('cancelled', `Cancelled by ${by} before it began.`).toJSON();
    this.#database.run(
      `UPDATE operations SET state = 'finished', outcome = 'cancelled', failure = ?, finished_at = ? WHERE id = ?`,
      JSON.stringify(failure),
      now,
      id,
    );
    this.#events.append(id, now, { type: 'finished', data: { outcome: 'cancelled', failure } });
  }

  #ahead(environment: string): { readonly operation: string; readonly ahead: number } | undefined {
    const row = this.#database.get(
      `SELECT id, min(position), count(*) AS ahead FROM operations
       WHERE environment = ? AND state <> 'finished'`,
      environment,
    );
    if (row === undefined || integer(row, 'ahead') === 0) return undefined;
    return { operation: text(row, 'id'), ahead: integer(row, 'ahead') };
  }

  #require(id: string): OperationSummary {
    const operation = this.get(id);
    if (operation === undefined) throw unknownOperation(id);
    return operation;
  }
}

function sameRequest(known: OperationRecord, asked: NewOperation): OperationSummary {
  if (
    known.kind === asked.kind &&
    known.environment === asked.environment &&
    canonicalJson(known.input) === canonicalJson(asked.input)
  ) {
    return known;
  }
  throw new Failure(
    'conflict',
    `The idempotency key was used before, for another request: operation ${known.id}, ${known.kind} of ${known.environment}.`,
    { hint: 'Send a new key with a new request.', details: { operation: known.id } },
  );
}

function refuseCancel(operation: OperationSummary, certain: boolean): void {
  const name = `Operation ${operation.id} (${operation.kind} of ${operation.environment})`;
  if (operation.outcome !== null) {
    throw new Failure('conflict', `${name} has ended already: ${operation.outcome}.`, {
      details: { outcome: operation.outcome },
    });
  }
  if (operation.state === 'compensating') {
    throw new Failure('conflict', `${name} has failed and is being taken back already.`);
  }
  if (certain) {
    throw new Failure('conflict', `${name} can no longer be cancelled: what it changed is final.`, {
      hint:
        operation.kind === 'rollback' ? 'Wait for its end.' : 'Wait for its end, then use: mainstay rollback',
    });
  }
}

function unknownOperation(id: string): Failure {
  return new Failure('not-found', `No operation "${id}" is known.`, {
    hint: 'List them with: mainstay operations',
  });
}
