import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, endSoundly, lastOperation, runningInstances } from '../harness/settled-state.ts';
import { waitUntil } from '../harness/wait-until.ts';

suite('operations of one environment', () => {
  let mainstay: Mainstay;
  before(async () => {
    mainstay = await startMainstay();
  });
  after(async () => {
    await endSoundly(mainstay);
  });

  const newest = async (id: string) => {
    const { operations } = await mainstay.control.call('operations', { query: { environment: id } });
    return operations[0];
  };
  const migrating = (application: Application) =>
    waitUntil('the migration runs', () =>
      runningInstances(mainstay, application, 'live').some((id) => id.includes('.before.')),
    );

  test('two deploys at once are done one after the other, in the order in which they were asked for', async () => {
    const application = new Application(mainstay, 'queued');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const first = await application.startDeploy('live', { version: 'v2' });
    const ahead = await waitUntil('the first is accepted', async () => {
      const operation = await newest('queued/live');
      return operation?.state === 'finished' ? undefined : operation;
    });
    // The first has read its source by the time it has a plan.
    await waitUntil('the first is planned', async () => (await newest('queued/live'))?.summary !== null);
    const second = await application.startDeploy('live', { version: 'v3' });
    const [one, two] = await Promise.all([first.ended, second.ended]);
    assertExit(one, 0);
    assertExit(two, 0);
    assert.match(two.stdout, /[Ww]ait/, 'the second says that it waits');
    const { operations } = await mainstay.control.call('operations', {
      query: { environment: 'queued/live' },
    });
    const [later, earlier] = operations;
    assert.equal(earlier?.id, ahead.id);
    assert.ok(
      (later?.startedAt ?? 0) >= (earlier?.finishedAt ?? Infinity),
      'the second began before the first ended',
    );
    await assertSettled(mainstay, application, 'live', { version: 'v3' });
  });

  test('environments do not wait for each other', async () => {
    const slow = new Application(mainstay, 'slow');
    const quick = new Application(mainstay, 'quick');
    const running = await slow.startDeploy('live', { version: 'v1', fault: 'endless-migration' });
    await migrating(slow);
    assertExit(await quick.deploy('live', { version: 'v1' }), 0);
    const operation = await newest('slow/live');
    assert.equal(operation?.state, 'running');
    await mainstay.ok(['operations', 'cancel', operation?.id ?? '']);
    assertExit(await running.ended, 5);
  });

  test('a cancel in the middle takes back what was done, and the old release serves on', async () => {
    const application = new Application(mainstay, 'cancelled');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const running = await application.startDeploy('live', { version: 'v2', fault: 'endless-migration' });
    await migrating(application);
    const operation = await newest('cancelled/live');
    // An unambiguous beginning of the id is enough.
    await mainstay.ok(['operations', 'cancel', operation?.id.slice(0, 8) ?? '']);
    const ended = await running.ended;
    assertExit(ended, 5);
    assert.match(ended.stdout, /was cancelled/);
    assert.match(ended.stdout, /r1 \([0-9a-f]{8}\) (kept serving|serves)/);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
    assert.equal((await lastOperation(mainstay, 'cancelled/live')).outcome, 'cancelled');
  });

  test('a cancel while the new instances start stops them again', async () => {
    const application = new Application(mainstay, 'starting');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const web = { health: { path: '/health', timeout: '30s' } };
    const running = await application.startDeploy('live', { version: 'v2', fault: 'never-healthy', web });
    await waitUntil(
      'the new instance runs',
      () => runningInstances(mainstay, application, 'live').length === 2,
    );
    await mainstay.ok(['operations', 'cancel', (await newest('starting/live'))?.id ?? '']);
    assertExit(await running.ended, 5);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  });

  test('what waits in the queue can be cancelled without a trace', async () => {
    const application = new Application(mainstay, 'waiting');
    const first = await application.startDeploy('live', { version: 'v1', fault: 'endless-migration' });
    await migrating(application);
    const ahead = await newest('waiting/live');
    const second = await application.startDeploy('live', { version: 'v2' });
    const behind = await waitUntil('the second waits', async () => {
      const operation = await newest('waiting/live');
      return operation?.id === ahead?.id ? undefined : operation;
    });
    assert.equal(behind.state, 'queued');
    await mainstay.ok(['operations', 'cancel', behind.id]);
    assertExit(await second.ended, 5);
    await mainstay.ok(['operations', 'cancel', ahead?.id ?? '']);
    assertExit(await first.ended, 5);
  });

  test('a cancel that comes too late is refused and says so', async () => {
    const application = new Application(mainstay, 'late');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const operation = await newest('late/live');
    const ended = await mainstay.run(['operations', 'cancel', operation?.id ?? '']);
    assertExit(ended, 9);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  });

  test('Ctrl-C leaves the deploy running and says how to follow and how to cancel', async () => {
    const application = new Application(mainstay, 'detached');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const running = await application.startDeploy('live', { version: 'v2', fault: 'endless-migration' });
    await migrating(application);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    assertExit(ended, 130);
    const operation = await newest('detached/live');
    assert.match(ended.stderr, new RegExp(`operations follow ${operation?.id}`));
    assert.match(ended.stderr, new RegExp(`operations cancel ${operation?.id}`));
    assert.equal(operation?.state, 'running');
    const follower = mainstay.start(['operations', 'follow', operation.id]);
    await mainstay.ok(['operations', 'cancel', operation.id]);
    assertExit(await follower.ended, 5);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  });
});
