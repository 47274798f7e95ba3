import type { Manifest } from '../manifest.ts';
import type { Path, Problem } from '../problem.ts';

/** What a rule that joins several keys looks at. */
export interface RuleInput {
  /** Entries that the schema refused are absent from here. */
  readonly manifest: Manifest;
  /** All names in the file, those of refused entries included: a reference to one of them is no second fault. */
  readonly names: { readonly services: ReadonlySet<string>; readonly environments: ReadonlySet<string> };
  /** Whether the file has this key, and it is not null. */
  readonly has: (path: Path) => boolean;
}

export type Rule = (input: RuleInput) => Iterable<Problem>;

/** `web and api`, `web, api and worker`; beyond a handful only the first are named. */
export function listed(names: readonly string[]): string {
  if (names.length > 6) return `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
