import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, lastOperation } from '../harness/settled-state.ts';

suite('the tree of the source', () => {
  let mainstay: Mainstay;
  let application: Application;
  before(async () => {
    mainstay = await startMainstay();
    application = new Application(mainstay, 'tree');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
  });
  after(async () => {
    await mainstay[Symbol.asyncDispose]();
  });

  const refused = async (pattern: RegExp) => {
    const ended = await application.run(['deploy', 'live']);
    assertExit(ended, 3);
    const { failure, outcome } = await lastOperation(mainstay, 'tree/live');
    assert.equal(outcome, 'failed');
    assert.equal(failure?.code, 'source-invalid', failure?.message);
    assert.match(failure?.message ?? '', pattern);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
  };

  test('a link that leads out of it is refused, naming link and target', async () => {
    await application.write({ version: 'v2' });
    await symlink('/etc/passwd', join(application.source, 'users.txt'));
    await refused(/users\.txt.*\/etc\/passwd/s);
  });

  test('a link that leads out by way of another is refused as well', async () => {
    await application.write({ version: 'v3' });
    await mkdir(join(application.source, 'deep'));
    await symlink('..', join(application.source, 'deep', 'up'));
    await symlink('deep/up/../outside', join(application.source, 'sly'));
    await refused(/sly/);
  });

  test('a named pipe is refused by name, and nobody waits at it', async () => {
    await application.write({ version: 'v4' });
    execFileSync('mkfifo', [join(application.source, 'pipe')]);
    await refused(/pipe.*named pipe/s);
  });

  test('a name that is no UTF-8 is refused, readably', async () => {
    await application.write({ version: 'v5' });
    const name = Buffer.concat([Buffer.from(`${application.source}/caf`), Buffer.from([0xe9])]);
    await writeFile(name, 'latin-1');
    await refused(/caf/);
  });

  test('odd names, links inside and empty directories arrive as they are', async () => {
    await application.write({ version: 'v6' });
    const odd = ['a b', 'new\nline', '-rf', '$(touch x)', 'ünï©ødé', "it's", '"quoted"', '*', ' '];
    for (const name of odd) await writeFile(join(application.source, name), name);
    await symlink('server.js', join(application.source, 'alias.js'));
    await mkdir(join(application.source, 'empty', 'er'), { recursive: true });
    assertExit(await application.run(['deploy', 'live']), 0);
    await assertSettled(mainstay, application, 'live', { version: 'v6' });
    const listed = await application.run([
      'run',
      'live',
      '--',
      'for f in * .*; do test -e "$f" && printf "<%s>" "$f"; done; test -d empty/er && readlink alias.js',
    ]);
    assertExit(listed, 0);
    for (const name of odd.filter((candidate) => !candidate.includes('\n')))
      assert.ok(listed.stdout.includes(`<${name}>`), `${name} is missing in ${listed.stdout}`);
    assert.match(listed.stdout, /server\.js/);
  });
});
