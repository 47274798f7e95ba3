import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, endSoundly, environmentState, readDatabase } from '../harness/settled-state.ts';
import { waitUntil } from '../harness/wait-until.ts';

suite('configuration and secrets', () => {
  let mainstay: Mainstay;
  before(async () => {
    mainstay = await startMainstay();
  });
  after(async () => {
    await endSoundly(mainstay);
  });

  const variable = async (application: Application, name: string) => {
    const { body } = await mainstay.visit(application.domain('live'), `/variable?name=${name}`);
    return (JSON.parse(body) as { value: string | null }).value;
  };

  test('a secret reaches the application, and lies nowhere in the home even when the application prints it', async () => {
    const application = new Application(mainstay, 'keeper');
    const secret = `s3cret-${randomBytes(12).toString('hex')}`;
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    await application.ok(['secret', 'set', 'live', 'TOKEN'], { input: `${secret}\n` });
    assertExit(await application.deploy('live', { version: 'v2' }), 0);
    assert.equal(await variable(application, 'TOKEN'), secret);

    await mainstay.visit(application.domain('live'), '/print?name=TOKEN');
    assertExit(await application.run(['run', 'live', '--', `echo "told: $TOKEN"; exit 3`]), 3);
    const plan = await application.ok(['plan', 'live', '--json']);
    const logs = await waitUntil('the application has printed', async () => {
      const text = await application.ok(['logs', 'live', '-n', '1000']);
      return /in two pieces: \S+/.test(text) && text.includes('told: ') ? text : undefined;
    });
    const shown = [plan, logs, ...(await everythingShown(application))].join('\n');
    assert.equal(shown.includes(secret), false, 'something that is shown to a person holds the secret');
    assert.deepEqual(await filesHolding(mainstay.home.root, secret), []);
    readDatabase(mainstay, (database) => {
      for (const table of ['operations', 'events', 'steps', 'evidence', 'config_revisions', 'deployments'])
        assert.equal(
          JSON.stringify(database.prepare(`SELECT * FROM ${table}`).all()).includes(secret),
          false,
          table,
        );
    });
    await assertInNoCommandLine(secret);
  });

  async function everythingShown(application: Application): Promise<string[]> {
    const { operations } = await mainstay.control.call('operations', { query: { limit: 100 } });
    const texts = [];
    for (const { id } of operations)
      texts.push(await mainstay.ok(['operations', 'follow', id]).catch(String));
    for (const args of [
      ['status', 'live', '--json'],
      ['config', 'live', '--json'],
      ['evidence', '--json'],
      ['secret', 'list', 'live'],
    ])
      texts.push(await application.ok(args));
    return texts;
  }

  test('a secret that the manifest asks for must be set before a deploy', async () => {
    const application = new Application(mainstay, 'needy');
    const domain = application.domain('live');
    const manifest = { environments: { live: { domain, secrets: ['SESSION_KEY'] } } };
    const refused = await application.deploy('live', { version: 'v1', manifest });
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout + refused.stderr, /needy\/live lacks secrets: SESSION_KEY/);
    assert.match(refused.stdout + refused.stderr, /mainstay secret set live SESSION_KEY/);
    await application.ok(['secret', 'set', 'live', 'SESSION_KEY'], { input: 'abcdefgh12345678' });
    assertExit(await application.run(['deploy', 'live']), 0);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  });

  test('a change of configuration is in force with the next deploy, and status says so until then', async () => {
    const application = new Application(mainstay, 'changed');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    await application.ok(['config', 'live', 'set', 'GREETING=good evening']);
    assert.equal(await variable(application, 'GREETING'), null);
    assert.equal((await environmentState(mainstay, 'changed/live')).configChanged, true);
    assertExit(await application.run(['deploy', 'live']), 0);
    assert.equal(await variable(application, 'GREETING'), 'good evening');
    assert.equal((await environmentState(mainstay, 'changed/live')).configChanged, false);
    const { releases } = await mainstay.control.call('releases', { params: { app: 'changed' } });
    assert.equal(releases.length, 1, 'configuration is apart from the release');
  });

  test('the key file is private, and one that others can read is refused', async () => {
    const { mode } = await stat(mainstay.home.key);
    assert.equal(mode & 0o777, 0o600);
  });
});

/** Every file below the directory that holds the text, whatever it is for. */
async function filesHolding(directory: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    if (name.includes(text)) found.push(path);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isFile() === true && (await readFile(path)).includes(text)) found.push(path);
    if (status?.isSymbolicLink() === true && (await readlink(path)).includes(text)) found.push(path);
  }
  return found;
}

async function assertInNoCommandLine(text: string): Promise<void> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    assert.equal(words.includes(text), false, `pid ${name}: ${words}`);
  }
}
