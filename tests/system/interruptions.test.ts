import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { startMainstay } from '../harness/mainstay.ts';
import { killNow } from '../harness/owned-processes.ts';
import { assertExit } from '../harness/run-command.ts';
import {
  assertSettled,
  assertSoundState,
  lastOperation,
  runningInstances,
} from '../harness/settled-state.ts';
import { Visitor } from '../harness/visitor.ts';
import { waitUntil } from '../harness/wait-until.ts';

test('control and agent killed in the middle of a deploy: starting again finishes the story truthfully', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'story');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  const visitor = new Visitor(mainstay.httpPort, application.domain('live'), 20);
  const running = await application.startDeploy('live', {
    version: 'v2',
    web: { health: { path: '/health', timeout: '10s' } },
  });
  await waitUntil(
    'the new instance runs',
    () => runningInstances(mainstay, application, 'live').length === 2,
  );
  for (const role of ['control', 'agent'] as const) killNow(mainstay.pid(role) ?? 0);
  const ended = await running.ended;
  assertExit(ended, 0);
  assert.match(ended.stdout, /Taken up again after an interruption/);
  const visits = await visitor.stop();
  assert.deepEqual([...new Set(visits.map(({ result }) => result))], ['200']);
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
  await assertSoundState(mainstay);
});

test('with nobody following, any command takes up what a killed control plane left', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'alone');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  await application.write({ version: 'v2' });
  await application.ok(['deploy', 'live', '--detach']);
  await waitUntil(
    'the new instance runs',
    () => runningInstances(mainstay, application, 'live').length === 2,
  );
  killNow(mainstay.pid('control') ?? 0);
  await mainstay.ok(['status']);
  const operation = await lastOperation(mainstay, 'alone/live');
  assert.equal(operation.outcome, 'succeeded');
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
});

test('a killed application is started again, and its visitors wait instead of failing', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'mortal');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  const { body } = await mainstay.visit(application.domain('live'));
  const { pid } = JSON.parse(body) as { pid: number };
  killNow(pid);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
  const state = await waitUntil('the restart is counted', async () => {
    const { instanceList } = await mainstay.control.call('environment', {
      params: { app: 'mortal', environment: 'live' },
    });
    return instanceList[0]?.restarts === 1 ? instanceList[0] : undefined;
  });
  assert.match(state.lastExit ?? '', /SIGKILL/);
});

test('stopping the control plane leaves everything serving; starting it again finds all of it', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'steady');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  const before = mainstay.processes().map(({ pid }) => pid);
  const control = mainstay.pid('control');
  const visitor = new Visitor(mainstay.httpPort, application.domain('live'), 20);
  await mainstay.shutDown('keep');
  await mainstay.ok(['status']);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
  const visits = await visitor.stop();
  assert.deepEqual([...new Set(visits.map(({ result }) => result))], ['200']);
  const kept = mainstay.processes().map(({ pid }) => pid);
  assert.deepEqual(
    before.filter((pid) => pid !== control && !kept.includes(pid)),
    [],
    'something else than the control plane was replaced',
  );
});
