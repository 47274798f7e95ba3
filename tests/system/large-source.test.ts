import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled } from '../harness/settled-state.ts';

const directories = 200;
const filesEach = 500;

test('a source of 100,000 files is deployed, and a change of one of them moves little', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'large');
  await application.write({ version: 'v1' });
  for (let d = 0; d < directories; d += 1) {
    const directory = join(application.source, 'content', String(d));
    await mkdir(directory, { recursive: true });
    await Promise.all(
      Array.from({ length: filesEach }, (_, f) => writeFile(join(directory, `${f}.txt`), `page ${d}/${f}\n`)),
    );
  }
  const patient = { timeoutMs: 240_000 };
  assertExit(await application.run(['deploy', 'live'], patient), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
  const { releases } = await mainstay.control.call('releases', { params: { app: 'large' } });
  assert.ok((releases[0]?.files ?? 0) >= directories * filesEach);

  await writeFile(join(application.source, 'variant.json'), JSON.stringify({ version: 'v2', fault: null }));
  const ended = await application.run(['deploy', 'live'], patient);
  assertExit(ended, 0);
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
});
