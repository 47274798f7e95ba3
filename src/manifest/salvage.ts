import type { z } from 'zod';
import { manifestSchema } from './schema.ts';
import type { WrittenManifest } from './schema.ts';

/** Sections whose members are judged one by one. */
const collections = new Set<unknown>(['services', 'data', 'jobs', 'checks', 'environments']);

/**
 * What is left of a refused manifest when unknown keys and faulty entries are taken out, so that the rules
 * that join several keys can still speak about the rest. Undefined when nothing useful is left.
 */
export function salvage(data: unknown, issues: readonly z.core.$ZodIssue[]): WrittenManifest | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  const rest = structuredClone(data) as Record<string, unknown>;
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') removeKeys(rest, issue.path, issue.keys);
    else removeEntry(rest, issue.path);
  }
  const parsed = manifestSchema.safeParse({ app: 'unnamed', environments: {}, ...rest });
  return parsed.success ? parsed.data : undefined;
}

function removeKeys(data: Record<string, unknown>, path: readonly PropertyKey[], keys: readonly string[]): void {
  let holder: unknown = data;
  for (const part of path) holder = isRecord(holder) ? holder[String(part)] : undefined;
  if (isRecord(holder)) for (const key of keys) delete holder[key];
}

function removeEntry(data: Record<string, unknown>, path: readonly PropertyKey[]): void {
  const [section, entry] = path.map(String);
  if (section === undefined) return;
  const members = data[section];
  if (entry !== undefined && collections.has(section) && isRecord(members)) delete members[entry];
  else delete data[section];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
