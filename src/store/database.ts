import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { databaseFailure } from './sqlite-failure.ts';

export type Row = Record<string, unknown>;

/**
 * One connection with its prepared statements. Everything is synchronous, so a transaction is never
 * interleaved with another. What SQLite throws comes out as a `Failure` where a person can act on it.
 */
export class Database implements Disposable {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;
  #committed: (() => void)[] = [];

  /** `busyTimeoutMs`: how long a write waits for another connection. */
  constructor(path: string, options: { readonly readOnly?: boolean; readonly busyTimeoutMs?: number } = {}) {
    this.path = path;
    this.#connection = this.#guard(
      () =>
        new DatabaseSync(path, {
          readOnly: options.readOnly ?? false,
          timeout: options.busyTimeoutMs ?? 5000,
          enableForeignKeyConstraints: true,
        }),
    );
  }

  /** The connection itself, for what needs it whole: migrations and copies. */
  get connection(): DatabaseSync {
    return this.#connection;
  }

  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number } {
    return this.#guard(() => ({ changes: Number(this.#prepare(sql).run(...values).changes) }));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...values));
  }

  /** Runs statements that take no values: schema and pragmas. */
  execute(sql: string): void {
    this.#guard(() => this.#connection.exec(sql));
  }

  /**
   * All of it or nothing. Within another transaction it is a part of that one, which it undoes alone when it
   * throws. The work must be synchronous.
   */
  transaction<T>(work: () => T): T {
    return this.#depth === 0 ? this.#outermost(work) : this.#nested(work);
  }

  /** Runs once what is written so far is durable; not at all when it is undone. */
  afterCommit(action: () => void): void {
    if (this.#depth === 0) action();
    else this.#committed.push(action);
  }

  /** Closing twice is no error. */
  close(): void {
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #outermost<T>(work: () => T): T {
    this.execute('BEGIN IMMEDIATE');
    this.#depth = 1;
    this.#committed = [];
    let result: T;
    try {
      result = work();
      this.execute('COMMIT');
    } catch (error) {
      // A full disk makes SQLite itself roll back; asking again would then be an error of its own.
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth = 0;
    }
    const actions = this.#committed;
    this.#committed = [];
    for (const action of actions) action();
    return result;
  }

  #nested<T>(work: () => T): T {
    const savepoint = `nested_${this.#depth}`;
    const actions = this.#committed.length;
    this.execute(`SAVEPOINT ${savepoint}`);
    this.#depth += 1;
    try {
      const result = work();
      this.execute(`RELEASE ${savepoint}`);
      return result;
    } catch (error) {
      this.#committed.length = actions;
      if (this.#connection.isTransaction) {
        this.#connection.exec(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
      }
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseFailure(error, this.path);
    }
  }
}
