// Loaded into every test file before the file itself.
import { appendFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'mainstay-tests'));

const path = process.env.MAINSTAY_TEST_EVENTS;
if (path !== undefined) {
  // The runner asks before it kills a file that does not end.
  process.on('SIGUSR2', () => {
    appendFileSync(
      path,
      `${JSON.stringify({ type: 'open', resources: process.getActiveResourcesInfo() })}\n`,
    );
  });
}
