import type { Clock } from '../core/units.ts';
import type { Database, Row } from './database.ts';
import { integer, text, textOrNull } from './row.ts';

export interface AppRecord {
  readonly name: string;
  /** Where it was last deployed from; null when no source on this machine is known. */
  readonly sourceDirectory: string | null;
  readonly createdAt: number;
}

export class Apps {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Makes it known; a source directory that is given replaces the one before. */
  ensure(name: string, sourceDirectory: string | null): AppRecord {
    const row = this.#database.get(
      `INSERT INTO apps (name, source_directory, created_at) VALUES (?1, ?2, ?3)
       ON CONFLICT (name) DO UPDATE SET source_directory = coalesce(?2, source_directory)
       RETURNING *`,
      name,
      sourceDirectory,
      this.#clock.now(),
    );
    return toApp(row ?? {});
  }

  get(name: string): AppRecord | undefined {
    const row = this.#database.get('SELECT * FROM apps WHERE name = ?', name);
    return row === undefined ? undefined : toApp(row);
  }

  list(): readonly AppRecord[] {
    return this.#database.all('SELECT * FROM apps ORDER BY name').map(toApp);
  }
}

function toApp(row: Row): AppRecord {
  return {
    name: text(row, 'name'),
    sourceDirectory: textOrNull(row, 'source_directory'),
    createdAt: integer(row, 'created_at'),
  };
}
