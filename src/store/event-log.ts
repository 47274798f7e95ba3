import type { OperationEvent, OperationEventBody } from '../operations/events.ts';
import type { EventLog } from '../operations/storage.ts';
import type { Database } from './database.ts';
import { integer, json, word } from './row.ts';

export class SqliteEventLog implements EventLog {
  readonly #database: Database;
  readonly #listeners = new Set<(operation: string) => void>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds an event within the caller's transaction. */
  append(operation: string, at: number, { type, data }: OperationEventBody): void {
    this.#database.run(
      `INSERT INTO events (operation, seq, at, type, data)
       SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4 FROM events WHERE operation = ?1`,
      operation,
      at,
      type,
      JSON.stringify(data),
    );
    this.#database.afterCommit(() => {
      for (const listener of this.#listeners) listener(operation);
    });
  }

  read(operation: string, after: number, limit: number): readonly OperationEvent[] {
    return this.#database
      .all(
        'SELECT seq, at, type, data FROM events WHERE operation = ? AND seq > ? ORDER BY seq LIMIT ?',
        operation,
        after,
        limit,
      )
      .map((row) => ({
        seq: integer(row, 'seq'),
        at: integer(row, 'at'),
        // The two columns were written together from one `OperationEventBody`.
        ...({ type: word(row, 'type'), data: json(row, 'data') } as unknown as OperationEventBody),
      }));
  }

  onAppended(listener: (operation: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
