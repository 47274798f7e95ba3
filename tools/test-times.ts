import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const file = (root: string): string => join(root, 'node_modules', '.cache', 'mainstay-test-times.json');

/** How long each file took when it last ran, in milliseconds. Only a hint: lost or wrong times cost some speed. */
export function readTimes(root: string): Readonly<Record<string, number>> {
  try {
    return JSON.parse(readFileSync(file(root), 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}

export function writeTimes(
  root: string,
  results: readonly { readonly path: string; readonly ms: number }[],
): void {
  const times = { ...readTimes(root) };
  for (const { path, ms } of results) times[path] = Math.round(ms);
  mkdirSync(dirname(file(root)), { recursive: true });
  writeFileSync(file(root), JSON.stringify(times));
}
