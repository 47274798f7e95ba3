import assert from 'node:assert/strict';
import { chmod, chown, lstat, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openHome } from './home.ts';

describe('sockets of a home with a long path', () => {
  const longRoot = join('/', 'deep'.repeat(30));
  const usual = process.env['TMPDIR'];
  let directory = '';
  let own = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'home-'));
  });
  after(async () => {
    setTemporary(usual);
    await rm(directory, { recursive: true, force: true });
  });

  function setTemporary(path: string | undefined): void {
    if (path === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = path;
  }
  const freshTemporary = async (name: string): Promise<void> => {
    const temporary = join(directory, name);
    await mkdir(temporary);
    setTemporary(temporary);
    own = join(temporary, `mainstay-${userInfo().uid}`);
  };

  it('lie in a directory that is private from its first moment', async () => {
    await freshTemporary('first');
    const { controlSocket, agentSocket } = openHome(longRoot);
    assert.equal(dirname(dirname(controlSocket)), own);
    assert.equal(dirname(controlSocket), dirname(agentSocket));
    assert.notEqual(dirname(openHome(`${longRoot}er`).controlSocket), dirname(controlSocket));
    assert.equal((await lstat(own)).mode & 0o777, 0o700);
  });

  it('are refused where another user has made that directory first', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('giving a directory away needs root');
    await freshTemporary('foreign');
    await mkdir(own, { mode: 0o700 });
    await chown(own, 65_534, 65_534);
    assert.throws(() => openHome(longRoot), { code: 'permission-denied', message: /uid 65534/ });
  });

  it('are refused where others may write', async () => {
    await freshTemporary('open');
    await mkdir(own);
    await chmod(own, 0o777);
    assert.throws(() => openHome(longRoot), { code: 'permission-denied' });
  });

  it('are refused behind a link, which whoever made it can point elsewhere', async () => {
    await freshTemporary('linked');
    await mkdir(join(directory, 'elsewhere'), { mode: 0o700 });
    await symlink(join(directory, 'elsewhere'), own);
    assert.throws(() => openHome(longRoot), { code: 'permission-denied', message: /no directory/ });
  });

  it('are not looked for in a temporary directory when the path is short', async () => {
    await freshTemporary('unused');
    assert.equal(openHome('/short').controlSocket, '/short/run/control.sock');
    await assert.rejects(lstat(own), { code: 'ENOENT' });
  });
});
