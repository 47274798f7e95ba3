import { statfs } from 'node:fs/promises';
import { Failure } from '../../core/failure.ts';
import { bytes, formatBytes } from '../../core/units.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import { BuildCache } from './build-cache.ts';
import type { BuildPlaces } from './build-environment.ts';
import { runCommands } from './run-commands.ts';

/** With less than this left, a command that failed most likely failed for want of space. */
const nothingLeft = 1024 * 1024;

export interface TreeBuild {
  readonly places: BuildPlaces;
  /** Holds the source; afterwards, what the release holds. */
  readonly tree: string;
  readonly manifest: Manifest;
  readonly environment: Readonly<Record<string, string>>;
  readonly output: (line: string) => string;
  readonly note: (text: string) => void;
}

/** Runs the build commands in the tree, with the kept directories moved in before and out after. */
export async function buildTree(build: TreeBuild, signal: AbortSignal): Promise<void> {
  const { commands, cache, timeout } = build.manifest.build;
  if (commands.length === 0) return;
  if (cache.some((directory) => /(?:^|\/)node_modules\/?$/.test(directory)))
    build.note(
      'node_modules stands in build.cache, so it is kept between builds but is no part of the release.',
    );
  const kept = new BuildCache(build.places.keptCache, build.tree, cache);
  await kept.moveIn();
  try {
    await runCommands(
      {
        commands,
        directory: build.tree,
        environment: { ...build.environment, HOME: build.places.home },
        timeout,
        output: build.output,
      },
      signal,
    );
  } catch (error) {
    // A command that ended by itself left its cache as its author meant to; one that was killed may not have.
    if (error instanceof Failure && error.code === 'build-failed' && error.details['timedOut'] !== true) {
      await kept.moveOut();
      await blameFullDisk(build.tree, error);
    }
    throw error;
  }
  await kept.moveOut();
}

async function blameFullDisk(directory: string, failure: Failure): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= nothingLeft) return;
  throw new Failure(
    'disk-full',
    `${failure.message} Only ${formatBytes(bytes(free))} are free for ${directory}.`,
    {
      hint: 'Free space on its disk; nothing was changed that serves.',
      retryable: true,
      details: { ...failure.details, path: directory, freeBytes: free },
      cause: failure,
    },
  );
}
