import type { Json } from '../core/json.ts';
import type { Row } from './database.ts';

/**
 * Typed readers of columns. The schema is STRICT and JSON columns are written by this folder alone, so a
 * value of another type is a bug, or a damaged file, and is named.
 */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`Column ${column} holds ${typeof value}, not text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`Column ${column} holds ${typeof value}, not a number`);
  return value;
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

/** A JSON column, as the type that was written there. */
export function json<T = Json>(row: Row, column: string): T {
  return JSON.parse(text(row, column)) as T;
}

export function jsonOrNull<T = Json>(row: Row, column: string): T | null {
  return row[column] === null ? null : json<T>(row, column);
}

/** A column with a fixed set of words, which a CHECK in the schema holds it to. */
export function word<T extends string>(row: Row, column: string): T {
  return text(row, column) as T;
}

export function wordOrNull<T extends string>(row: Row, column: string): T | null {
  return row[column] === null ? null : word<T>(row, column);
}
