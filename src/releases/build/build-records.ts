import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../artifacts/digest.ts';
import { makeDirectories } from '../../artifacts/make-directories.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import { writeFileDurably } from '../../system/durable-file.ts';

/** What a finished build left, so that the same source need not be built again. */
export interface BuildRecord {
  readonly release: string;
  /** Versions of the programs it was built with; others may give another result. */
  readonly runtimes: Readonly<Record<string, string>>;
}

/** Same key: same source, same manifest. */
export function buildKey(sourceDigest: string, manifest: Json): string {
  return digestOf(canonicalJson({ source: sourceDigest, manifest }));
}

/** Undefined when there is none, or none that can be used. */
export async function readBuildRecord(records: string, key: string): Promise<BuildRecord | undefined> {
  try {
    const value = JSON.parse(await readFile(join(records, `${key}.json`), 'utf8')) as Partial<BuildRecord>;
    return typeof value.release === 'string' && typeof value.runtimes === 'object'
      ? { release: value.release, runtimes: value.runtimes }
      : undefined;
  } catch {
    // A record only saves time: without it the release is built anew.
    return undefined;
  }
}

export async function writeBuildRecord(records: string, key: string, record: BuildRecord): Promise<void> {
  makeDirectories(records, 0o700);
  await writeFileDurably(join(records, `${key}.json`), canonicalJson(record));
}
