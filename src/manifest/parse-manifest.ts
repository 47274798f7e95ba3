import { explainIssues, valueAt } from './explain-issue.ts';
import type { Manifest } from './manifest.ts';
import { normalise } from './normalise.ts';
import type { Path, Problem } from './problem.ts';
import { pathText } from './problem.ts';
import { brokenRules } from './rules/all-rules.ts';
import { salvage } from './salvage.ts';
import { manifestSchema } from './schema.ts';
import { readYaml } from './yaml-source.ts';
import type { TreeNode } from './yaml-tree.ts';
import { treeOf } from './yaml-tree.ts';

/** One fault of a manifest, with its place. */
export interface ManifestIssue {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** In UTF-16 units, counted from 1. */
  readonly column: number;
  /** As in `services.web.routes[0]`; empty where the YAML itself is at fault. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

const mostIssues = 100;

/**
 * Reads `mainstay.yaml`. All faults are told at once, in the order of the file, at most 100. Never throws,
 * whatever the text; the time it takes is bounded by the limits in `yaml-source.ts` and `yaml-tree.ts`.
 * `file` is only repeated in the issues.
 */
export function parseManifest(text: string, file: string): ParsedManifest {
  const place = placesIn(text);
  const source = readYaml(text);
  if (!source.ok) {
    const issues = source.problems.map(({ offset, message, hint }) =>
      issueAt({ file, ...place(offset) }, { path: [], at: 'value', message, hint }),
    );
    return { ok: false, issues: inOrder(issues) };
  }
  const tree = treeOf(source.contents);
  const { problems, manifest } = judge(tree.root, tree.problems, tree.truncated);
  if (problems.length === 0 && manifest !== undefined) return { ok: true, manifest };
  const issues = problems.map((problem) =>
    issueAt({ file, ...place(problem.offset ?? offsetOf(tree.root, problem)) }, problem),
  );
  return { ok: false, issues: inOrder(issues) };
}

/** `mainstay.yaml:5:5 services.web.prot: unknown key; did you mean "port"?` */
export function formatIssue(issue: ManifestIssue): string {
  const path = issue.path === '' ? '' : `${issue.path}: `;
  const hint = issue.hint === undefined ? '' : `; ${issue.hint}`;
  return `${issue.file}:${issue.line}:${issue.column} ${path}${issue.message}${hint}`;
}

function judge(root: TreeNode, found: readonly Problem[], truncated: boolean) {
  if (truncated) return { problems: found };
  if (root.value === null) {
    const message = found.length === 0 ? 'the file is empty' : 'the file holds no mapping';
    return {
      problems: [
        ...found,
        { path: [], at: 'value', message, hint: 'mainstay init writes a first one' } as const,
      ],
    };
  }
  const data = withoutExtensions(root.value);
  const parsed = manifestSchema.safeParse(data);
  const problems = [...found];
  const add = (later: readonly Problem[]) => {
    const isExplained = explainedBy(problems);
    problems.push(...later.filter((problem) => !isExplained(problem)));
  };
  if (!parsed.success) add(explainIssues(manifestSchema, data, parsed.error.issues));
  const written = parsed.success ? parsed.data : salvage(data, parsed.error.issues);
  if (written === undefined) return { problems };
  const manifest = normalise(written);
  add(
    brokenRules({
      manifest,
      names: { services: namesIn(data, 'services'), environments: namesIn(data, 'environments') },
      has: (path) => (valueAt(data, path) ?? null) !== null,
    }),
  );
  return { problems, manifest };
}

/**
 * A fault of an entry explains away what is said later about it or anything inside it. One with a place of its
 * own (a key that is no text) concerns only a part of the entry, so the entry's members still speak.
 */
function explainedBy(earlier: readonly Problem[]): (later: Problem) => boolean {
  const whole = new Set(earlier.filter(({ offset }) => offset === undefined).map(({ path }) => keyOf(path)));
  const exact = new Set(earlier.map(({ path }) => keyOf(path)));
  return ({ path }) =>
    path.length > 0 &&
    (exact.has(keyOf(path)) || path.some((_, at) => whole.has(keyOf(path.slice(0, at + 1)))));
}

const keyOf = (path: Path) => JSON.stringify(path);

/** Keys at the top that begin with `x-` are the author's own: a place for anchors. */
function withoutExtensions(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  return Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith('x-')));
}

function namesIn(data: unknown, section: string): ReadonlySet<string> {
  const entries = valueAt(data, [section]);
  return new Set(typeof entries === 'object' && entries !== null ? Object.keys(entries) : []);
}

/** Where to point: at the entry, or at the nearest thing around it that is in the text. */
function offsetOf(root: TreeNode, problem: Problem): number {
  let node = root;
  for (const part of problem.path) {
    const child = node.children.get(String(part));
    if (child === undefined) return node.keyOffset ?? node.offset;
    node = child;
  }
  return problem.at === 'key' ? (node.keyOffset ?? node.offset) : node.offset;
}

function placesIn(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function issueAt(place: { file: string; line: number; column: number }, problem: Problem): ManifestIssue {
  const { message, hint } = problem;
  return { ...place, path: pathText(problem.path), message, ...(hint === undefined ? {} : { hint }) };
}

function inOrder(issues: readonly ManifestIssue[]): ManifestIssue[] {
  const sorted = issues.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const [first] = sorted;
  if (first === undefined || sorted.length <= mostIssues) return sorted;
  const rest = sorted.length - mostIssues;
  const last = sorted[mostIssues] ?? first;
  return [
    ...sorted.slice(0, mostIssues),
    { ...last, path: '', message: `and ${rest} more faults from here on` },
  ];
}
