import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { migrations } from '../../src/store/migrations/migrations.ts';
import { Application } from '../harness/deployed-application.ts';
import { startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, readDatabase } from '../harness/settled-state.ts';

const fixtures = join(import.meta.dirname, '..', '..', 'src', 'store', 'fixtures');
const latest = migrations.at(-1)?.version ?? 0;

for (const name of readdirSync(fixtures)) {
  const version = Number(/^schema-(\d+)\.sql$/.exec(name)?.[1]);

  test(`a home with the database of schema ${version} is opened, copied first when it is older, and used`, async () => {
    await using mainstay = await startMainstay();
    const { database } = mainstay.home;
    await mkdir(dirname(database), { recursive: true, mode: 0o700 });
    const released = new DatabaseSync(database);
    released.exec(readFileSync(join(fixtures, name), 'utf8'));
    const apps = released.prepare('SELECT count(*) AS n FROM apps').get()?.['n'];
    const records = released.prepare('SELECT count(*) AS n FROM evidence').get()?.['n'];
    released.close();
    await chmod(database, 0o600);

    await mainstay.ok(['status']);
    assert.equal(existsSync(`${database}.before-v${latest}`), version < latest);
    const application = new Application(mainstay, 'newcomer');
    assertExit(await application.deploy('live', { version: 'v1' }), 0);
    await assertSettled(mainstay, application, 'live', { version: 'v1' });
    readDatabase(mainstay, (reader) => {
      assert.equal(reader.prepare('PRAGMA user_version').get()?.['user_version'], latest);
      assert.equal(
        reader.prepare(`SELECT count(*) AS n FROM apps WHERE name <> 'newcomer'`).get()?.['n'],
        apps,
      );
      assert.ok(Number(reader.prepare('SELECT count(*) AS n FROM evidence').get()?.['n']) > Number(records));
    });
    const chain = await mainstay.control.call('verifyEvidence', { body: { head: null } });
    assert.equal(chain.intact, true, chain.problem ?? '');
  });
}
