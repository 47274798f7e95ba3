import { initial } from './0001-initial.ts';

/** One step from the schema version before it. Runs in a transaction, after the database was copied. */
export interface Migration {
  /** `PRAGMA user_version` after it. */
  readonly version: number;
  readonly title: string;
  readonly sql: string;
}

/** In order, without gaps; what stands here was released and never changes. */
export const migrations: readonly Migration[] = [initial];
