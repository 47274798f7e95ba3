import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogLimits {
  /** Instances and tasks whose logs are kept, those in use included. */
  readonly sources: number;
  readonly bytes: number;
}

/** Every deploy leaves logs of its own behind; an environment may keep so much. */
export const environmentLimits: LogLimits = { sources: 150, bytes: 256 * 1024 * 1024 };

/**
 * Removes the oldest logs of an environment beyond its limits. Logs of `inUse` stay, whatever their size:
 * each of them is bounded by its rotation.
 */
export async function pruneLogs(
  directory: string,
  inUse: ReadonlySet<string>,
  limits: LogLimits,
): Promise<void> {
  const sources = await readSources(directory);
  let count = 0;
  let bytes = 0;
  for (const source of sources.sort((a, b) => b.modifiedAt - a.modifiedAt)) {
    count += 1;
    bytes += source.bytes;
    if (inUse.has(source.id) || (count <= limits.sources && bytes <= limits.bytes)) continue;
    for (const name of source.files) await rm(join(directory, name), { force: true });
  }
}

interface Source {
  readonly id: string;
  readonly files: string[];
  bytes: number;
  modifiedAt: number;
}

async function readSources(directory: string): Promise<Source[]> {
  const sources = new Map<string, Source>();
  for (const name of await readdir(directory).catch(() => [])) {
    const id = /^(.+)\.log(?:\.\d+)?$/.exec(name)?.[1];
    const found = id === undefined ? undefined : await stat(join(directory, name)).catch(() => undefined);
    if (id === undefined || found === undefined) continue;
    const source = sources.get(id) ?? { id, files: [], bytes: 0, modifiedAt: 0 };
    sources.set(id, source);
    source.files.push(name);
    source.bytes += found.size;
    source.modifiedAt = Math.max(source.modifiedAt, found.mtimeMs);
  }
  return [...sources.values()];
}
