import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { removeTree } from './remove-tree.ts';

describe('removeTree', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'remove-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('removes what lies there and follows no link', async () => {
    const kept = join(directory, 'kept');
    const gone = join(directory, 'gone');
    await mkdir(kept);
    await writeFile(join(kept, 'file'), 'precious');
    await mkdir(join(gone, 'inner'), { recursive: true });
    await writeFile(join(gone, 'inner', 'file'), 'x');
    await symlink(kept, join(gone, 'link'));
    await symlink(join(kept, 'file'), join(gone, 'inner', 'link'));
    await removeTree(gone);
    await removeTree(gone);
    assert.deepEqual(await readdir(directory), ['kept']);
    assert.equal(await readFile(join(kept, 'file'), 'utf8'), 'precious');
  });

  it('removes directories that were left read-only, and leaves the one above as it is', async () => {
    const above = join(directory, 'above');
    const modules = join(above, 'home', 'go', 'pkg', 'mod');
    await mkdir(join(modules, 'x'), { recursive: true });
    await writeFile(join(modules, 'x', 'file'), 'x', { mode: 0o444 });
    await mkdir(join(modules, 'closed'));
    for (const path of [join(modules, 'x'), modules]) await chmod(path, 0o555);
    await chmod(join(modules, 'closed'), 0);
    if (process.getuid?.() !== 0) await removeTree(join(above, 'home'));
    else {
      // Root may do it all anyway, so another user is asked.
      const paths = [
        directory,
        above,
        ...(await readdir(above, { recursive: true })).map((name) => join(above, name)),
      ];
      for (const path of paths) await chown(path, 65_534, 65_534);
      // It stands in the directory already, for it may not pass through those above.
      const program = `
        const { removeTree } = await import(${JSON.stringify(join(import.meta.dirname, 'remove-tree.ts'))});
        process.chdir(${JSON.stringify(above)});
        process.setgid(65534); process.setuid(65534);
        await removeTree('home');`;
      await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    }
    assert.equal(existsSync(join(above, 'home')), false);
    assert.equal(existsSync(above), true);
  });
});
