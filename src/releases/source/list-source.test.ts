import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeFiles } from '../../artifacts/test-release.ts';
import { listSource, type Source } from './list-source.ts';

const { signal } = new AbortController();
const hasGit = spawnSync('git', ['--version']).error === undefined;

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'source-'));
});
after(() => rm(directory, { recursive: true, force: true }));

let count = 0;
async function source(files: Readonly<Record<string, string>>): Promise<string> {
  count += 1;
  const root = join(directory, `source-${count}`);
  await writeFiles(root, files);
  return root;
}

function list(root: string, ignore: readonly string[] = [], own: readonly string[] = []): Promise<Source> {
  return listSource(
    { directory: root, ignore, ownDirectories: own, path: process.env['PATH'] ?? '' },
    signal,
  );
}

async function files(
  root: string,
  ignore: readonly string[] = [],
  own: readonly string[] = [],
): Promise<string[]> {
  const { entries } = await list(root, ignore, own);
  return entries.flatMap(({ type, path }) => (type === 'directory' ? [] : [path])).sort();
}

function git(root: string, ...args: string[]): void {
  const identity = [
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@example.org',
    '-c',
    'protocol.file.allow=always',
  ];
  execFileSync('git', ['-C', root, ...identity, ...args], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: directory },
  });
}

describe('listSource of a plain directory', () => {
  it('honours .gitignore at the top and below, the nearest having the last word', async () => {
    const root = await source({
      '.gitignore': '*.log\nbuild/\n/only-top\n',
      'a.js': '',
      'a.log': '',
      'build/out.js': '',
      'only-top': '',
      'lib/only-top': '',
      'lib/.gitignore': '!kept.log\nlocal\n',
      'lib/kept.log': '',
      'lib/local': '',
      'lib/deep/other.log': '',
      'lib/deep/kept.log': '',
    });
    assert.deepEqual(await files(root), [
      '.gitignore',
      'a.js',
      'lib/.gitignore',
      'lib/deep/kept.log',
      'lib/kept.log',
      'lib/only-top',
    ]);
  });

  it('leaves out .git, node_modules at the top, what build.ignore names, and the home of Mainstay', async () => {
    const root = await source({
      'a.js': '',
      'node_modules/x/index.js': '',
      'lib/node_modules/vendored.js': '',
      'lib/.git/config': '',
      'test/a.test.js': '',
      'docs/guide.md': '',
      'state/mainstay/key': '',
    });
    assert.deepEqual(await files(root, ['test', '*.md'], [join(root, 'state/mainstay')]), [
      'a.js',
      'lib/node_modules/vendored.js',
    ]);
  });

  it('follows a link that is itself the source directory, and no other', async () => {
    const root = await source({ 'lib/a.js': '' });
    await symlink('lib', join(root, 'also'));
    await symlink(root, join(directory, 'alias'));
    assert.deepEqual(await files(join(directory, 'alias')), ['also', 'lib/a.js']);
  });

  it('refuses a directory that is not there, or of which nothing is left', async () => {
    await assert.rejects(list(join(directory, 'missing')), { code: 'source-invalid' });
    await assert.rejects(list(await source({ 'a.md': '' }), ['*.md']), {
      code: 'source-invalid',
      message: /no file/,
    });
  });

  it('refuses a link that leads out, and lets one be that is left out', async () => {
    const root = await source({ 'a.js': '' });
    await symlink('/etc/passwd', join(root, 'out'));
    await assert.rejects(list(root), { code: 'source-invalid', message: /"out" leads to "\/etc\/passwd"/ });
    assert.deepEqual(await files(root, ['/out']), ['a.js']);
  });
});

describe('listSource of a git work tree', { skip: hasGit ? false : 'git is not installed' }, () => {
  it('takes what is tracked, also against .gitignore, and what is new; not what is ignored or deleted', async () => {
    const root = await source({ '.gitignore': '*.log\n', 'a.js': '', 'forced.log': '', 'gone.js': '' });
    git(root, 'init', '--quiet');
    git(root, 'add', '--force', '.');
    git(root, 'commit', '--quiet', '-m', 'first');
    assert.equal((await list(root)).revision.dirty, false);
    await rm(join(root, 'gone.js'));
    await writeFiles(root, { 'new.js': '', 'new.log': '' });
    assert.deepEqual(await files(root), ['.gitignore', 'a.js', 'forced.log', 'new.js']);
    const { revision } = await list(root);
    assert.match(revision.commit ?? '', /^[0-9a-f]{40}$/);
    assert.equal(revision.dirty, true);
  });

  it('takes only the directory asked for, and tells nothing dirty that lies elsewhere', async () => {
    const root = await source({ 'app/a.js': '', 'other/b.js': '' });
    git(root, 'init', '--quiet');
    git(root, 'add', '.');
    git(root, 'commit', '--quiet', '-m', 'first');
    await writeFiles(root, { 'other/new.js': '' });
    assert.deepEqual(await files(join(root, 'app')), ['a.js']);
    assert.equal((await list(join(root, 'app'))).revision.dirty, false);
  });

  it('takes the content of submodules and of repositories that merely lie inside', async () => {
    const library = await source({ 'lib.js': '', 'dir/x.js': '' });
    git(library, 'init', '--quiet');
    git(library, 'add', '.');
    git(library, 'commit', '--quiet', '-m', 'library');
    const root = await source({ 'a.js': '' });
    git(root, 'init', '--quiet');
    git(root, 'submodule', 'add', '--quiet', library, 'vendor/library');
    git(root, 'add', '.');
    git(root, 'commit', '--quiet', '-m', 'with submodule');
    await writeFiles(root, {
      'extensions/own/.gitignore': 'cache\n',
      'extensions/own/y.js': '',
      'extensions/own/cache': '',
    });
    git(join(root, 'extensions/own'), 'init', '--quiet');
    assert.deepEqual(await files(root), [
      '.gitmodules',
      'a.js',
      'extensions/own/.gitignore',
      'extensions/own/y.js',
      'vendor/library/dir/x.js',
      'vendor/library/lib.js',
    ]);
    await rm(join(root, 'vendor/library'), { recursive: true });
    await mkdir(join(root, 'vendor/library'));
    assert.match((await list(root)).notes.join(), /vendor\/library is not checked out/);
  });

  it('takes a directory that became a link as the link it is', async () => {
    const root = await source({ 'lib/a.js': '', 'real/a.js': '' });
    git(root, 'init', '--quiet');
    git(root, 'add', '.');
    await rm(join(root, 'lib'), { recursive: true });
    await symlink('real', join(root, 'lib'));
    assert.deepEqual(await files(root), ['lib', 'real/a.js']);
  });

  it('takes odd names as they are', async () => {
    const root = await source({
      'with\nnewline': '',
      ' spaces ': '',
      'ümläut': '',
      '"quoted"': '',
      '-rf': '',
    });
    git(root, 'init', '--quiet');
    git(root, 'add', '.');
    assert.deepEqual(await files(root), [' spaces ', '"quoted"', '-rf', 'with\nnewline', 'ümläut']);
  });

  it('takes a directory that the repository around it ignores as a plain one', async () => {
    const root = await source({
      '.gitignore': 'sandbox/\n',
      'sandbox/app/a.js': '',
      'sandbox/app/.gitignore': 'b.js\n',
      'sandbox/app/b.js': '',
    });
    git(root, 'init', '--quiet');
    assert.deepEqual(await files(join(root, 'sandbox/app')), ['.gitignore', 'a.js']);
  });

  it('reads a repository of another user, and runs nothing that its settings name', async () => {
    const root = await source({ 'a.js': '' });
    git(root, 'init', '--quiet');
    git(root, 'add', '.');
    git(root, 'config', 'core.fsmonitor', `touch ${join(directory, 'ran')}; false`);
    if (process.getuid?.() === 0)
      for (const path of ['.', '.git']) await chown(join(root, path), 65_534, 65_534);
    assert.deepEqual(await files(root), ['a.js']);
    assert.equal(spawnSync('test', ['-e', join(directory, 'ran')]).status, 1);
  });
});
