import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, endSoundly, environmentState } from '../harness/settled-state.ts';

suite('promotion and rollback', () => {
  let mainstay: Mainstay;
  before(async () => {
    mainstay = await startMainstay();
  });
  after(async () => {
    await endSoundly(mainstay);
  });

  const digestIn = async (application: Application, environment: string) =>
    (await environmentState(mainstay, application.id(environment))).release?.digest;

  test('promote moves the very digest that staging verified, whatever the source says by now', async () => {
    const application = new Application(mainstay, 'promoted');
    assertExit(await application.deploy('staging', { version: 'v1' }), 0);
    await application.write({ version: 'v2' });
    assertExit(await application.run(['promote', 'production']), 0);
    await assertSettled(mainstay, application, 'production', { version: 'v1' });
    assert.equal(await digestIn(application, 'production'), await digestIn(application, 'staging'));
    const { releases } = await mainstay.control.call('releases', { params: { app: 'promoted' } });
    assert.deepEqual(
      releases.map(({ environments, verifiedIn }) => [[...environments].sort(), [...verifiedIn].sort()]),
      [
        [
          ['production', 'staging'],
          ['production', 'staging'],
        ],
      ],
    );
  });

  test('what was not verified in staging is refused, and says how to get there', async () => {
    const application = new Application(mainstay, 'unverified');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const ended = await application.run(['promote', 'production', '--from', 'live']);
    assertExit(ended, 9);
    assert.match(
      ended.stdout + ended.stderr,
      /r1 may not go to unverified\/production: it was never deployed to unverified\/staging/,
    );
    assert.match(ended.stdout + ended.stderr, /mainstay promote production/);
    assert.equal((await mainstay.visit(application.domain('production'))).status, 404);
    const direct = await application.run(['deploy', 'production']);
    assertExit(direct, 9);
  });

  test('--force goes past that and leaves its reason in the evidence', async () => {
    const application = new Application(mainstay, 'forced');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const reason = 'the shop is down and staging with it';
    const ended = await application.run(['promote', 'production', '--from', 'live', '--force', reason]);
    assertExit(ended, 0);
    await assertSettled(mainstay, application, 'production', { version: 'v1' });
    const { records } = await mainstay.control.call('evidence', {
      query: { subject: 'forced/production', limit: 50 },
    });
    const forced = records.find(({ kind }) => kind === 'promotion.forced');
    assert.equal((forced?.data as { reason?: string } | undefined)?.reason, reason);
  });

  test('a failed verification takes the right to be promoted back', async () => {
    const application = new Application(mainstay, 'spoilt');
    assertExit(await application.deploy('staging', { version: 'v1' }), 0);
    assertExit(await application.run(['verify', 'staging']), 0);
    const { body } = await mainstay.visit(application.domain('staging'));
    // Stopped, not killed: the supervisor has nothing to do, and no check can pass.
    const { pid } = JSON.parse(body) as { pid: number };
    process.kill(pid, 'SIGSTOP');
    try {
      assertExit(await application.run(['verify', 'staging']), 7);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const ended = await application.run(['promote', 'production']);
    assertExit(ended, 9);
    assert.match(ended.stdout + ended.stderr, /failed its last verification in spoilt\/staging/);
  });

  test('rollback returns to the release before, with the configuration that it ran with', async () => {
    const application = new Application(mainstay, 'undone');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    await application.ok(['config', 'live', 'set', 'GREETING=hello']);
    assertExit(await application.deploy('live', { version: 'v2' }), 0);
    const greeting = async () =>
      (JSON.parse((await mainstay.visit(application.domain('live'))).body) as { greeting: string | null })
        .greeting;
    assert.equal(await greeting(), 'hello');
    assertExit(await application.run(['rollback', 'live']), 0);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
    assert.equal(await greeting(), null);
    assertExit(await application.run(['rollback', 'live', 'r2']), 0);
    await assertSettled(mainstay, application, 'live', { version: 'v2' });
    assert.equal(await greeting(), 'hello');
  });

  test('where nothing served before, there is nothing to roll back to', async () => {
    const application = new Application(mainstay, 'only');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const ended = await application.run(['rollback', 'live']);
    assertExit(ended, 9);
    assert.match(ended.stdout + ended.stderr, /Cannot roll only\/live back: no earlier release/);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  });
});
