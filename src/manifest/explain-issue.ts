import { z } from 'zod';
import { closestWord } from './closest-word.ts';
import type { Path, Problem } from './problem.ts';
import { shortened } from './problem.ts';
import { fixedKeys, schemaAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;

/** Puts what the schema found into words a person can act on; `data` is the value that was judged. */
export function explainIssues(schema: z.ZodType, data: unknown, issues: readonly Issue[]): Problem[] {
  return issues.flatMap((issue) => explain(issue, [], { schema, data }));
}

interface Judged {
  readonly schema: z.ZodType;
  readonly data: unknown;
}

function explain(issue: Issue, base: Path, judged: Judged): Problem[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const value = valueAt(judged.data, path);
  const problem = (message: string, hint?: string): Problem[] => [{ path, at: 'value', message, hint }];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, 100).map((key) => unknownKey(key, path, judged));
  if (issue.code === 'custom') return problem(issue.message, issue.params?.['hint'] as string | undefined);
  if (value === undefined) return [missing(path, judged)];
  switch (issue.code) {
    case 'invalid_type':
      return problem(`${expectation(issue)}, got ${describe(value)}`, typeHint(value, issue));
    case 'invalid_value':
      return problem(...unlisted(value, issue.values));
    case 'too_small':
      if (issue.origin === 'array' || issue.origin === 'string') return problem('must not be empty');
      return problem(`must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`);
    case 'too_big':
      return problem(`must be at most ${issue.maximum}`);
    case 'invalid_union':
      return closestBranch(issue, path, value, judged);
    case 'invalid_key': {
      const [inner] = issue.issues;
      const hint = inner?.code === 'custom' ? (inner.params?.['hint'] as string | undefined) : undefined;
      return [{ path, at: 'key', message: inner?.message ?? 'is not allowed here', hint }];
    }
    default:
      return problem(issue.message);
  }
}

/** The form whose kind fits the value speaks; when none does, the union names what it would take. */
function closestBranch(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  value: unknown,
  judged: Judged,
): Problem[] {
  const isOtherKind = (error: Issue) =>
    error.path.length === 0 &&
    (error.code === 'invalid_type' || (error.code === 'invalid_value' && typeof value !== 'string'));
  const fitting = issue.errors.filter((errors) => !errors.some(isOtherKind));
  const [branch] = fitting;
  if (branch !== undefined) return branch.flatMap((error) => explain(error, path, judged));
  const sameKind = issue.errors.find((errors) =>
    errors.some(
      (error) => error.code === 'invalid_type' && error.path.length === 0 && isKind(value, error.expected),
    ),
  );
  if (sameKind !== undefined) return sameKind.flatMap((error) => explain(error, path, judged));
  return [{ path, at: 'value', message: `${expectation(issue)}, got ${describe(value)}` }];
}

function isKind(value: unknown, expected: string): boolean {
  return expected === 'int' && typeof value === 'number';
}

function unknownKey(key: string, path: Path, { schema }: Judged): Problem {
  const at = schemaAt(schema, path);
  const known = Object.keys((at === undefined ? undefined : fixedKeys(at)) ?? {});
  const near = closestWord(key, known);
  const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${near}"?`;
  return { path: [...path, key], at: 'key', message: 'unknown key', hint };
}

function missing(path: Path, { schema }: Judged): Problem {
  const at = schemaAt(schema, path);
  const examples: unknown = at === undefined ? undefined : z.globalRegistry.get(at)?.examples;
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  const key = path.at(-1);
  const hint =
    example === undefined
      ? undefined
      : `for example ${key}: ${typeof example === 'string' ? example : flow(example)}`;
  return { path, at: 'key', message: 'is missing', hint };
}

/** An example as flow YAML; examples hold plain words only, so no quoting is needed but what JSON gives. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${key}: ${flow(member)}`)
    .join(', ')} }`;
}

function expectation(issue: Issue): string {
  return issue.message.startsWith('expected') ? issue.message : 'this kind of value is not allowed';
}

function typeHint(value: unknown, issue: Extract<Issue, { code: 'invalid_type' }>): string | undefined {
  if (value === null) return 'fill it in, or leave the key out';
  if (issue.expected !== 'string' || (typeof value === 'number' && !Number.isFinite(value))) return undefined;
  if (issue.message.includes('duration') && typeof value === 'number') return `write ${value}s for seconds`;
  if (issue.message.includes('size') && typeof value === 'number') return `write ${value}MB`;
  if (issue.message.includes('percentage') && typeof value === 'number') return `write ${value}%`;
  return typeof value === 'number' || typeof value === 'boolean' ? `write "${value}" in quotes` : undefined;
}

function unlisted(
  value: unknown,
  allowed: readonly z.core.util.Primitive[],
): [string, (string | undefined)?] {
  const words = allowed.map(String);
  const list = words.map((word) => `"${word}"`).join(words.length === 2 ? ' or ' : ', ');
  const expected = `expected ${words.length > 2 ? 'one of ' : ''}${list}`;
  if (typeof value !== 'string') return [`${expected}, got ${describe(value)}`];
  const near = closestWord(value, words) ?? closestWord(`SIG${value}`, words);
  return [`${expected}, got ${describe(value)}`, near === undefined ? undefined : `did you mean "${near}"?`];
}

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  return typeof value === 'number' ? `the number ${value}` : JSON.stringify(value);
}

/** The value at a path of plain data; undefined where the path leads nowhere. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
