import type { z } from 'zod';
import type { WrittenManifest } from './schema.ts';
import { manifestSchema } from './schema.ts';

type Issues = readonly z.core.$ZodIssue[];

/** Sections whose members are judged one by one. */
const collections = new Set<unknown>(['services', 'data', 'jobs', 'checks', 'environments']);

/**
 * What is left of a refused manifest when its faulty parts are taken out, so that the rules that join several
 * keys can still speak about the rest. Undefined when nothing useful is left.
 *
 * First only faulty keys go; an entry that is still refused goes as a whole, and then its section.
 */
export function salvage(data: unknown, issues: Issues): WrittenManifest | undefined {
  if (!isRecord(data) || Array.isArray(data)) return undefined;
  const rest: Record<string, unknown> = { app: 'app', environments: {}, ...structuredClone(data) };
  let remaining = issues;
  for (const depth of [3, 2, 1]) {
    for (const issue of remaining) {
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys) remove(rest, [...issue.path, key]);
      else remove(rest, partToRemove(issue.path.map(String), depth));
    }
    const parsed = manifestSchema.safeParse({ app: 'app', environments: {}, ...rest });
    if (parsed.success) return parsed.data;
    remaining = parsed.error.issues;
  }
  return undefined;
}

function partToRemove(path: readonly string[], depth: number): readonly string[] {
  // Taking away the routes would give the service the default one, and clashes that are not there.
  const whole = path[2] === 'routes' ? 2 : depth;
  return path.slice(0, collections.has(path[0]) ? whole : Math.min(whole, 2));
}

function remove(data: Record<string, unknown>, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  let holder: unknown = data;
  for (const part of path.slice(0, -1)) {
    holder = isRecord(holder) && Object.hasOwn(holder, part) ? holder[String(part)] : undefined;
  }
  if (key !== undefined && isRecord(holder)) delete holder[String(key)];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
