import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { environmentState } from '../harness/settled-state.ts';
import { waitUntil } from '../harness/wait-until.ts';

const schedule = { tick: { command: 'node tick.js', schedule: '* * * * *', timezone: 'Europe/Berlin' } };

test('a scheduled job runs while the control plane is down, and is known to it afterwards', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'clockwork');
  assertExit(await application.deploy('live', { version: 'v1', manifest: { jobs: schedule } }), 0);
  const [job] = (await environmentState(mainstay, 'clockwork/live')).jobs;
  assert.equal(job?.name, 'tick');
  assert.ok((job.nextAt ?? 0) > Date.now() && (job.nextAt ?? 0) <= Date.now() + 60_000);
  await mainstay.shutDown('keep');

  const ticks = join(mainstay.home.environments, 'clockwork', 'live', 'data', 'files', 'ticks');
  await waitUntil('the job has run', () => existsSync(ticks), { timeoutMs: 75_000, everyMs: 200 });
  assert.equal(mainstay.pid('control'), undefined, 'nobody brought the control plane back');
  const second = new Date(Number(readFileSync(ticks, 'utf8').split(' ')[0])).getSeconds();
  assert.ok(second < 15, `it ran ${second} s after the full minute`);

  await mainstay.ok(['status']);
  const { jobs } = await environmentState(mainstay, 'clockwork/live');
  assert.equal(jobs[0]?.last?.state, 'succeeded');

  // Once by hand, whatever the schedule says.
  const before = readFileSync(ticks, 'utf8').split('\n').length;
  assertExit(await application.run(['run', 'live', 'tick']), 0);
  assert.ok(readFileSync(ticks, 'utf8').split('\n').length > before);

  // A release without the job takes it off the schedule.
  assertExit(await application.deploy('live', { version: 'v2' }), 0);
  assert.deepEqual((await environmentState(mainstay, 'clockwork/live')).jobs, []);
});
