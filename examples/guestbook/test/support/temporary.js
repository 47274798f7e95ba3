import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of the test's own, gone when the test is over. */
export async function temporaryFolder(test) {
  const folder = await mkdtemp(path.join(tmpdir(), 'guestbook-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
