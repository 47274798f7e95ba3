import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ProjectFacts } from '../manifest/draft/project-facts.ts';

const mostFiles = 2000;
const largestFile = 512 * 1024;
/** What other programs put there; it says nothing about the app and may be huge. */
const skipped = new Set(['node_modules', '.git', '.venv', 'venv', '__pycache__', '.cache']);

/** What `init` may know of a directory: its files in two levels, and their text when asked for. */
export async function scanProject(directory: string): Promise<ProjectFacts> {
  const top = await readdir(directory, { withFileTypes: true });
  const files = top.filter((entry) => entry.isFile()).map(({ name }) => name);
  for (const entry of top) {
    if (!entry.isDirectory() || skipped.has(entry.name) || files.length > mostFiles) continue;
    const inner = await readdir(join(directory, entry.name), { withFileTypes: true }).catch(() => []);
    files.push(...inner.filter((item) => item.isFile()).map(({ name }) => `${entry.name}/${name}`));
  }
  const known = new Set(files.slice(0, mostFiles).sort());
  return {
    directoryName: basename(directory),
    files: [...known],
    read: (name) => (known.has(name) ? readText(join(directory, name)) : undefined),
  };
}

function readText(path: string): string | undefined {
  try {
    const content = readFileSync(path);
    if (content.length > largestFile || content.includes(0)) return undefined;
    return content.toString('utf8');
  } catch {
    // Gone, or not ours to read: a draft can be made without it.
    return undefined;
  }
}
