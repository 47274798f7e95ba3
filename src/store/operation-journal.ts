import type { FailureDocument } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import type { OperationEventBody } from '../operations/events.ts';
import type { Outcome, Plan, PlannedStep } from '../operations/step.ts';
import type {
  Lease,
  OperationJournal,
  StepProgress,
  StepResult,
  UnlessCancelled,
} from '../operations/storage.ts';
import type { Database } from './database.ts';
import type { SqliteEventLog } from './event-log.ts';
import type { SqliteLeases } from './leases.ts';
import { isCertain } from './operation-queue.ts';
import { integer, jsonOrNull, text, word } from './row.ts';

const nextCompletion = '(SELECT coalesce(max(completion), 0) + 1 FROM steps WHERE operation = ?1)';

export class SqliteOperationJournal implements OperationJournal {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #events: SqliteEventLog;
  readonly #leases: SqliteLeases;

  constructor(database: Database, clock: Clock, events: SqliteEventLog, leases: SqliteLeases) {
    this.#database = database;
    this.#clock = clock;
    this.#events = events;
    this.#leases = leases;
  }

  beginPreparing(lease: Lease): UnlessCancelled {
    return this.#unlessCancelled(lease, (at) => {
      this.#database.run(
        `UPDATE operations SET state = 'preparing', started_at = coalesce(started_at, ?) WHERE id = ?`,
        at,
        lease.operation,
      );
      this.#append(lease, at, { type: 'preparing', data: {} });
    });
  }

  recordResumed(lease: Lease): void {
    this.#write(lease, (at) => this.#append(lease, at, { type: 'resumed', data: { fence: lease.fence } }));
  }

  storePlan(lease: Lease, plan: Plan): UnlessCancelled {
    return this.#unlessCancelled(lease, (at) => {
      this.#database.run(
        `UPDATE operations SET state = 'running', plan = ?, summary = ? WHERE id = ?`,
        JSON.stringify(plan),
        plan.summary,
        lease.operation,
      );
      for (const [position, step] of plan.steps.entries()) {
        this.#database.run(
          `INSERT INTO steps (operation, id, position, wave, is_commit, state, attempt)
           VALUES (?, ?, ?, ?, ?, 'pending', 0)`,
          lease.operation,
          step.id,
          position,
          step.wave,
          step.commit === true ? 1 : 0,
        );
      }
      const steps = plan.steps.map(({ input: _input, ...shown }) => shown);
      this.#append(lease, at, { type: 'planned', data: { summary: plan.summary, steps } });
    });
  }

  beginStep(lease: Lease, { id, title }: Pick<PlannedStep, 'id' | 'title'>): UnlessCancelled {
    return this.#unlessCancelled(lease, (at) => {
      const row = this.#database.get(
        `UPDATE steps SET state = 'started', attempt = attempt + 1, started_at = ? WHERE operation = ? AND id = ?
         RETURNING attempt`,
        at,
        lease.operation,
        id,
      );
      const attempt = integer(row ?? {}, 'attempt');
      this.#append(lease, at, { type: 'step-started', data: { step: id, title, attempt } });
    });
  }

  recordStep(lease: Lease, step: string, result: StepResult): void {
    this.#write(lease, (at) => {
      const row = this.#database.get(
        `UPDATE steps SET state = ?3, output = ?4, failure = ?5, finished_at = ?6, completion = ${nextCompletion}
         WHERE operation = ?1 AND id = ?2 RETURNING started_at`,
        lease.operation,
        step,
        result.state,
        result.state === 'done' ? JSON.stringify(result.output) : null,
        result.state === 'failed' ? JSON.stringify(result.failure) : null,
        at,
      );
      this.#append(
        lease,
        at,
        result.state === 'done'
          ? {
              type: 'step-done',
              data: { step, durationMs: Math.max(0, at - integer(row ?? {}, 'started_at')) },
            }
          : { type: 'step-failed', data: { step, failure: result.failure, then: result.then } },
      );
    });
  }

  recordRetry(lease: Lease, step: string, failure: FailureDocument): void {
    this.#write(lease, (at) =>
      this.#append(lease, at, { type: 'step-failed', data: { step, failure, then: 'retry' } }),
    );
  }

  beginCompensation(lease: Lease, verdict: Outcome, failure: FailureDocument): void {
    this.#write(lease, (at) => {
      this.#database.run(
        `UPDATE operations SET state = 'compensating', verdict = ?, failure = ? WHERE id = ?`,
        verdict,
        JSON.stringify(failure),
        lease.operation,
      );
      this.#database.run(
        `UPDATE steps SET state = 'skipped' WHERE operation = ? AND state = 'pending'`,
        lease.operation,
      );
      const unknown: FailureDocument = {
        code: failure.code,
        message: 'Its result is not known: the operation was stopped while it was under way.',
        retryable: false,
      };
      this.#database.run(
        `UPDATE steps SET state = 'failed', failure = ?, finished_at = ? WHERE operation = ? AND state = 'started'`,
        JSON.stringify(unknown),
        at,
        lease.operation,
      );
      this.#append(lease, at, { type: 'compensating', data: { failure } });
    });
  }

  beginCompensatingStep(lease: Lease, step: string): void {
    this.#write(lease, () => this.#setStep(lease, step, 'compensating'));
  }

  recordCompensated(lease: Lease, step: string): void {
    this.#write(lease, (at) => {
      this.#setStep(lease, step, 'compensated');
      this.#append(lease, at, { type: 'step-compensated', data: { step } });
    });
  }

  recordCompensationFailure(
    lease: Lease,
    step: string,
    failure: FailureDocument,
    then: 'retry' | 'incomplete',
  ): void {
    this.#write(lease, (at) => {
      if (then === 'incomplete') {
        this.#database.run(
          `UPDATE steps SET failure = ? WHERE operation = ? AND id = ?`,
          JSON.stringify(failure),
          lease.operation,
          step,
        );
      }
      this.#append(lease, at, { type: 'compensation-failed', data: { step, failure, then } });
    });
  }

  settle(lease: Lease, outcome: Outcome, failure: FailureDocument | null): UnlessCancelled {
    const settle = (at: number): void => {
      this.#database.run(
        `UPDATE operations SET outcome = ?, failure = ?, finished_at = ?, started_at = coalesce(started_at, ?)
         WHERE id = ?`,
        outcome,
        failure === null ? null : JSON.stringify(failure),
        at,
        at,
        lease.operation,
      );
    };
    if (outcome === 'succeeded') return this.#unlessCancelled(lease, settle);
    this.#write(lease, settle);
    return 'written';
  }

  finish(lease: Lease, recorded: boolean): void {
    this.#write(lease, (at) => {
      const row = this.#database.get(
        `UPDATE operations SET state = 'finished', recorded = ? WHERE id = ? RETURNING outcome, failure`,
        recorded ? 1 : 0,
        lease.operation,
      );
      this.#append(lease, at, {
        type: 'finished',
        data: { outcome: word(row ?? {}, 'outcome'), failure: jsonOrNull(row ?? {}, 'failure') },
      });
      this.#leases.release(lease);
    });
  }

  appendProgress(lease: Lease, progress: readonly StepProgress[]): void {
    this.#write(lease, () => {
      for (const { at, ...data } of progress) this.#append(lease, at, { type: 'step-progress', data });
    });
  }

  #setStep(lease: Lease, step: string, state: 'compensating' | 'compensated'): void {
    this.#database.run(
      'UPDATE steps SET state = ? WHERE operation = ? AND id = ?',
      state,
      lease.operation,
      step,
    );
  }

  #append(lease: Lease, at: number, event: OperationEventBody): void {
    this.#events.append(lease.operation, at, event);
  }

  #write(lease: Lease, work: (at: number) => void): void {
    this.#database.transaction(() => {
      this.#leases.require(lease);
      work(this.#clock.now());
    });
  }

  #unlessCancelled(lease: Lease, work: (at: number) => void): UnlessCancelled {
    return this.#database.transaction(() => {
      this.#leases.require(lease);
      const row = this.#database.get(
        `SELECT CASE
           WHEN state = 'finished' THEN 'cancelled'
           WHEN cancel_requested_at IS NOT NULL AND NOT ${isCertain} THEN 'cancelled'
           ELSE 'written' END AS answer
         FROM operations WHERE id = ?`,
        lease.operation,
      );
      const answer = text(row ?? {}, 'answer') === 'cancelled' ? 'cancelled' : 'written';
      if (answer === 'written') work(this.#clock.now());
      return answer;
    });
  }
}
