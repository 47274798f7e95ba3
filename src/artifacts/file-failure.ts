import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';
import { bytes, formatBytes } from '../core/units.ts';

/**
 * What a person can act on, made from an error of the file system; any other error comes back as it is.
 * `doing` completes "Cannot …".
 */
export function fileFailure(error: unknown, doing: string, path: string, needed?: number): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const { code, path: culprit = path } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(
        doing,
        path,
        needed === undefined ? '' : `; ${formatBytes(bytes(needed))} are needed`,
        {
          path,
          ...(needed === undefined ? {} : { neededBytes: needed }),
        },
        error,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure('permission-denied', `Cannot ${doing}: no right to use ${culprit}.`, {
        hint: `Give uid ${process.getuid?.() ?? '?'} access to it, or run Mainstay as its owner.`,
        details: { path: culprit },
        cause: error,
      });
    default:
      return error;
  }
}

/** Throws `disk-full` before the disk is filled, when `needed` bytes or `files` new files do not fit. */
export async function requireSpace(
  directory: string,
  needed: { readonly bytes: number; readonly files: number },
  doing: string,
): Promise<void> {
  const disk = await statfs(directory);
  const free = disk.bavail * disk.bsize;
  // Each file takes whole blocks; file systems that make inodes as they go report none at all.
  const wanted = needed.bytes + needed.files * disk.bsize;
  if (wanted > free)
    throw diskFull(
      doing,
      directory,
      `: ${formatBytes(bytes(wanted))} are needed, ${formatBytes(bytes(free))} are free`,
      { path: directory, neededBytes: wanted, freeBytes: free },
    );
  if (disk.files > 0 && needed.files > disk.ffree)
    throw diskFull(doing, directory, `: ${needed.files} files are needed, ${disk.ffree} can still be made`, {
      path: directory,
      neededFiles: needed.files,
      freeFiles: disk.ffree,
    });
}

function diskFull(
  doing: string,
  path: string,
  numbers: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): Failure {
  return new Failure('disk-full', `Cannot ${doing}: no space is left for ${path}${numbers}.`, {
    hint: `Free space on the disk of ${dirname(path)}; nothing was changed that serves.`,
    retryable: true,
    details,
    cause,
  });
}
