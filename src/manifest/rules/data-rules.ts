import type { Rule } from './rule.ts';

/** Two entries over the same files would be backed up, and restored, over each other. */
export const dataPathsAreApart: Rule = function* ({ manifest }) {
  for (const [index, data] of manifest.data.entries()) {
    const other = manifest.data.slice(0, index).find((earlier) => overlaps(earlier.path, data.path));
    if (other === undefined) continue;
    yield {
      path: ['data', data.name, 'path'],
      at: 'value',
      message:
        other.path === data.path
          ? `data.${other.name} has this path`
          : `overlaps "${other.path}" of data.${other.name}`,
      hint: 'give each its own place, side by side',
    };
  }
};

const overlaps = (a: string, b: string) => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
