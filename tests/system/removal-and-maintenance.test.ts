import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, endSoundly, environmentState, runningInstances } from '../harness/settled-state.ts';

suite('taking an environment away', () => {
  let mainstay: Mainstay;
  before(async () => {
    mainstay = await startMainstay();
  });
  after(async () => {
    await endSoundly(mainstay);
  });

  const keptFile = (application: Application) =>
    join(mainstay.home.environments, application.name, 'live', 'data', 'files', 'kept');
  const deployWithData = async (name: string) => {
    const application = new Application(mainstay, name);
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    const { status } = await mainstay.visit(application.domain('live'), '/keep?text=precious');
    assert.equal(status, 200);
    return application;
  };

  test('down stops everything and keeps the data; a deploy brings it back', async () => {
    const application = await deployWithData('sleeper');
    assertExit(await application.run(['down', 'live', '--yes']), 0);
    assert.deepEqual(runningInstances(mainstay, application, 'live'), []);
    assert.equal((await mainstay.visit(application.domain('live'))).status, 404);
    assert.equal((await environmentState(mainstay, 'sleeper/live')).state, 'down');
    assert.equal(await readFile(keptFile(application), 'utf8'), 'precious\n');
    assertExit(await application.run(['deploy', 'live']), 0);
    assert.equal((await mainstay.visit(application.domain('live'), '/kept')).body, 'precious\n');
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  });

  test('destroy keeps the data and says where; a later deploy finds it again', async () => {
    const application = await deployWithData('gone');
    const ended = await application.run(['destroy', 'live', '--yes']);
    assertExit(ended, 0);
    assert.ok(ended.stdout.includes(join(mainstay.home.environments, 'gone', 'live', 'data')), ended.stdout);
    assert.deepEqual(runningInstances(mainstay, application, 'live'), []);
    assert.equal(await readFile(keptFile(application), 'utf8'), 'precious\n');
    assertExit(await application.run(['deploy', 'live']), 0);
    assert.equal((await mainstay.visit(application.domain('live'), '/kept')).body, 'precious\n');
  });

  test('destroy --data destroys the data of that environment and of no other', async () => {
    const application = await deployWithData('erased');
    const neighbour = await deployWithData('spared');
    assertExit(await application.run(['destroy', 'live', '--data', '--yes']), 0);
    assert.equal(existsSync(keptFile(application)), false);
    assert.equal(await readFile(keptFile(neighbour), 'utf8'), 'precious\n');
    await assertSettled(mainstay, neighbour, 'live', { version: 'v1' });
  });

  test('destroy of what proves to be somebody else’s destroys nothing, and says so to everyone', async () => {
    const application = await deployWithData('contested');
    const marker = join(mainstay.home.environments, 'contested', 'live', 'environment.json');
    const own = await readFile(marker, 'utf8');
    await writeFile(marker, JSON.stringify({ environment: 'other/live' }));
    const ended = await application.run(['destroy', 'live', '--data', '--yes']);
    assertExit(ended, 6);
    assert.match(ended.stdout + ended.stderr, /is not gone from local: .*data files in/);
    assert.equal(await readFile(keptFile(application), 'utf8'), 'precious\n');
    const { records } = await mainstay.control.call('evidence', {
      query: { subject: 'contested/live', limit: 100 },
    });
    assert.deepEqual(
      records.filter(({ kind }) => kind === 'environment.removed'),
      [],
    );
    await writeFile(marker, own);
    assertExit(await application.run(['destroy', 'live', '--data', '--yes']), 0);
    assert.equal(existsSync(keptFile(application)), false);
  });

  test('without a terminal and without --yes, nothing is destroyed', async () => {
    const application = await deployWithData('asked');
    const ended = await application.run(['destroy', 'live', '--data']);
    assertExit(ended, 9);
    assert.match(ended.stderr, /asked\/live/);
    assert.match(ended.stderr, /--yes/);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  });

  test('the maintenance page hides the application, answers health checks, survives a deploy, and goes away', async () => {
    const application = await deployWithData('closed');
    const domain = application.domain('live');
    await application.ok(['maintenance', 'live', 'on', '-m', 'Back at nine.']);
    const page = await mainstay.visit(domain);
    assert.equal(page.status, 503);
    assert.match(page.body, /Back at nine\./);
    assert.equal((await mainstay.visit(domain, '/health')).status, 200);
    assertExit(await application.deploy('live', { version: 'v2' }, ['--json']), 0);
    assert.equal((await mainstay.visit(domain)).status, 503, 'a deploy does not open what was closed');
    await application.ok(['maintenance', 'live', 'off']);
    await assertSettled(mainstay, application, 'live', { version: 'v2' });
  });
});
