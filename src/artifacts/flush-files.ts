import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { filesAtOnce, forEachBounded } from './bounded.ts';

/** Up to this many files, syncing each is cheaper than flushing a whole file system. */
const fewFiles = 64;

/**
 * Returns when these files and directories (relative to `directory`) survive a power cut. Syncing 100,000
 * files one by one takes minutes on a slow disk; Node has no `syncfs`, but the program `sync` of every Linux does it.
 */
export async function flushFiles(
  directory: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (files.length > fewFiles && (await syncFileSystem(directory, signal))) return;
  await forEachBounded(files, filesAtOnce, signal, async (file) => {
    const handle = await open(join(directory, file), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/** False where `sync` is missing or does not know `-f`. */
async function syncFileSystem(directory: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('sync', ['-f', directory], { stdio: 'ignore', signal });
    child.on('error', (error) => (signal.aborted ? reject(error) : resolve(false)));
    child.on('exit', (code) => resolve(code === 0));
  });
}
