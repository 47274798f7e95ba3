import { copyFile, stat, truncate } from 'node:fs/promises';

/**
 * Keeps a file that others append to from growing without end: its content moves to `.1`, in place of what was
 * there. What is written between the copy and the cut is lost, so this is for logs of maintainers only.
 */
export async function boundFile(path: string, maxBytes: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.size <= maxBytes) return;
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
}
