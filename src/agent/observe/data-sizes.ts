import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface DataSize {
  readonly bytes: number;
  /** Latest change of anything in it; null when there is nothing. */
  readonly modifiedAt: number | null;
}

const freshMs = 30_000;
/** A measurement that takes longer answers with the one before, and goes on. */
const patienceMs = 150;
const nothing: DataSize = { bytes: 0, modifiedAt: null };

/** Sizes of files and directories, measured in the background and remembered for a while. */
export class DataSizes {
  readonly #known = new Map<
    string,
    { size: DataSize; at: number; measuring: Promise<DataSize> | undefined }
  >();

  async read(path: string, type: 'sqlite' | 'files'): Promise<DataSize> {
    const entry = this.#known.get(path) ?? { size: nothing, at: -Infinity, measuring: undefined };
    this.#known.set(path, entry);
    if (performance.now() - entry.at < freshMs) return entry.size;
    entry.measuring ??= measure(path, type).then((size) => {
      entry.size = size;
      entry.at = performance.now();
      entry.measuring = undefined;
      return size;
    });
    const patience = new Promise<DataSize>((resolve) => {
      setTimeout(() => resolve(entry.size), patienceMs).unref();
    });
    return Promise.race([entry.measuring, patience]);
  }
}

/** Measures now, however long it takes. */
export async function measure(path: string, type: 'sqlite' | 'files'): Promise<DataSize> {
  // What SQLite keeps beside the database is part of it.
  const paths = type === 'sqlite' ? [path, `${path}-wal`] : [path];
  let total = nothing;
  for (const each of paths) total = add(total, await measureTree(each));
  return total;
}

async function measureTree(path: string): Promise<DataSize> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return nothing;
  if (!found.isDirectory()) return { bytes: found.size, modifiedAt: Math.round(found.mtimeMs) };
  let total: DataSize = { bytes: 0, modifiedAt: Math.round(found.mtimeMs) };
  for (const name of await readdir(path).catch(() => []))
    total = add(total, await measureTree(join(path, name)));
  return total;
}

function add(a: DataSize, b: DataSize): DataSize {
  const modifiedAt = Math.max(a.modifiedAt ?? 0, b.modifiedAt ?? 0);
  return { bytes: a.bytes + b.bytes, modifiedAt: modifiedAt === 0 ? null : modifiedAt };
}
