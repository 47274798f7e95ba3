import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, endSoundly, lastOperation } from '../harness/settled-state.ts';
import { Visitor } from '../harness/visitor.ts';

suite('deploy', () => {
  let mainstay: Mainstay;
  before(async () => {
    mainstay = await startMainstay();
  });
  after(async () => {
    await endSoundly(mainstay);
  });

  test('the first deploy of an application makes it answer at its domain', async () => {
    const application = new Application(mainstay, 'first');
    const ended = await application.deploy('live', { version: 'v1' });
    assertExit(ended, 0);
    assert.match(ended.stdout, /first\/live serves r1/);
    assert.match(ended.stdout, new RegExp(`http://live\\.first\\.localhost:${mainstay.httpPort}`));
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
    const operation = await lastOperation(mainstay, 'first/live');
    assert.equal(operation.outcome, 'succeeded');
    assert.deepEqual([...new Set(operation.steps.map(({ state }) => state))], ['done']);
  });

  test('a second deploy replaces the first and loses no visit', async () => {
    const application = new Application(mainstay, 'second');
    const web = { instances: 2 };
    assertExit(await application.deploy('live', { version: 'v1', web }), 0);
    const visitor = new Visitor(mainstay.httpPort, application.domain('live'), 10);
    assertExit(await application.deploy('live', { version: 'v2', web }), 0);
    const visits = await visitor.stop();
    assert.deepEqual([...new Set(visits.map(({ result }) => result))], ['200']);
    assert.deepEqual([...new Set(visits.map(({ version }) => String(version)))].sort(), ['v1', 'v2']);
    const firstNew = visits.find(({ version }) => version === 'v2');
    assert.ok(firstNew);
    // A visit that began after a v2 was whole must not see v1 any more: the switch is one instant.
    const late = visits.filter(({ version, startedAt }) => version === 'v1' && startedAt > firstNew.endedAt);
    assert.deepEqual(late, []);
    await assertSettled(mainstay, application, 'live', { version: 'v2', instances: 2 });
  });

  test('a request that is under way during the switch is answered by the release that took it', async () => {
    const application = new Application(mainstay, 'underway');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const running = await application.startDeploy('live', { version: 'v2' });
    const slow = mainstay.visit(application.domain('live'), '/slow?ms=2500');
    assertExit(await running.ended, 0);
    const { status, body } = await slow;
    assert.deepEqual([status, JSON.parse(body)], [200, { version: 'v1' }]);
    await assertSettled(mainstay, application, 'live', { version: 'v2' });
  });

  test('deploying the same source again builds nothing, replaces nothing and succeeds', async () => {
    const application = new Application(mainstay, 'again');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const { body: first } = await mainstay.visit(application.domain('live'));
    const ended = await application.deploy('live', { version: 'v1' });
    assertExit(ended, 0);
    assert.match(ended.stdout, /already serves again\/live/);
    const { body: second } = await mainstay.visit(application.domain('live'));
    assert.equal(second, first, 'the same process answers');
    const { releases } = await mainstay.control.call('releases', { params: { app: 'again' } });
    assert.equal(releases.length, 1);
  });

  test('a release that ignores its stop signal or leaves children is ended whole', async () => {
    const application = new Application(mainstay, 'stubborn');
    const web = { stop: { grace: '300ms' } };
    assertExit(await application.deploy('live', { version: 'v1', fault: 'ignores-stop', web }), 0);
    assertExit(await application.deploy('live', { version: 'v2', fault: 'forks', web }), 0);
    assertExit(await application.deploy('live', { version: 'v3', web }), 0);
    await assertSettled(mainstay, application, 'live', { version: 'v3' });
    const sleeping = mainstay.processes().filter(({ command }) => command.startsWith('sleep '));
    assert.deepEqual(sleeping, []);
  });

  test('--json prints the operation and nothing else', async () => {
    const application = new Application(mainstay, 'machine');
    const ended = await application.deploy('live', { version: 'v1' }, ['--json']);
    assertExit(ended, 0);
    const operation = JSON.parse(ended.stdout) as { outcome: string; environment: string };
    assert.deepEqual([operation.outcome, operation.environment], ['succeeded', 'machine/live']);
  });
});
