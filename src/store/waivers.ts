import type { Clock } from '../core/units.ts';
import type { Waiver } from '../lifecycle/evidence.ts';
import type { Database, Row } from './database.ts';
import { integer, text } from './row.ts';

export class Waivers {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Takes the place of an earlier waiver of the same item. The app must be known. */
  set(waiver: Omit<Waiver, 'id' | 'createdAt'>): Waiver {
    return this.#database.transaction(() => {
      this.withdraw(waiver.app, waiver.item);
      const row = this.#database.get(
        `INSERT INTO waivers (app, item, reason, author, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
         RETURNING *`,
        waiver.app,
        waiver.item,
        waiver.reason,
        waiver.author,
        this.#clock.now(),
        waiver.expiresAt,
      );
      return toWaiver(row ?? {});
    });
  }

  withdraw(app: string, item: string): void {
    this.#database.run(
      'UPDATE waivers SET withdrawn_at = ? WHERE app = ? AND item = ? AND withdrawn_at IS NULL',
      this.#clock.now(),
      app,
      item,
    );
  }

  /** Those not withdrawn, expired ones included: a board says that one has expired. */
  list(app: string): readonly Waiver[] {
    return this.#database
      .all('SELECT * FROM waivers WHERE app = ? AND withdrawn_at IS NULL ORDER BY item', app)
      .map(toWaiver);
  }
}

function toWaiver(row: Row): Waiver {
  return {
    id: integer(row, 'id'),
    app: text(row, 'app'),
    item: text(row, 'item'),
    reason: text(row, 'reason'),
    author: text(row, 'author'),
    createdAt: integer(row, 'created_at'),
    expiresAt: integer(row, 'expires_at'),
  };
}
