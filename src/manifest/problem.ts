export type Path = readonly (string | number)[];

/** Something wrong with the manifest, before it has a place in the text. */
export interface Problem {
  readonly path: Path;
  /** Which part of the entry at `path` to point at. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint?: string | undefined;
  /** Where to point when the entry itself has no place of its own in the tree. */
  readonly offset?: number | undefined;
}

/** `['services', 'web', 'routes', 0]` → `services.web.routes[0]`; unusual keys are quoted. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]{1,64}$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `${text === '' ? '' : '.'}${JSON.stringify(shortened(part))}`;
  }
  return text;
}

/** Keeps messages readable whatever a file holds. */
export function shortened(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value;
}
