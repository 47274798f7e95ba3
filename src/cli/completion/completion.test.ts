import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { bashScript } from './bash.ts';
import { loadCompletionTable } from './completion-table.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

const run = promisify(execFile);

/** What each shell offers for a line whose last word is being typed. */
const shells = {
  bash: {
    script: bashScript,
    ask: (script: string, line: string) => [
      '-c',
      'source "$1"; COMP_WORDS=($2); [[ $2 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mainstay; printf "%s\\n" "${COMPREPLY[@]}"',
      'bash',
      script,
      line,
    ],
  },
  fish: {
    script: fishScript,
    ask: (script: string, line: string) => [
      '--no-config',
      '-c',
      'source $argv[1]; complete -C $argv[2]',
      script,
      line,
    ],
  },
} as const;

const cases: readonly (readonly [line: string, includes: readonly string[], excludes: readonly string[]])[] =
  [
    ['mainstay de', ['deploy', 'destroy'], ['status']],
    ['mainstay deploy ', ['staging', 'shop/production'], ['01k3', 'deploy']],
    ['mainstay --app shop deploy st', ['staging'], ['shop/production', 'shop']],
    ['mainstay deploy --re', ['--release'], ['--follow', '--json']],
    ['mainstay logs staging --', ['--follow', '--json'], ['--release']],
    ['mainstay operations follow ', ['01k3', '01k2'], ['staging']],
    ['mainstay completion ', ['bash', 'zsh', 'fish'], ['deploy']],
    ['mainstay secret set ', ['staging'], ['set']],
  ];

for (const [name, { script, ask }] of Object.entries(shells)) {
  const installed = await run(name, ['--version']).then(
    () => true,
    () => false,
  );
  const skip = installed ? false : `${name} is not installed`;
  test(`${name} completes verbs, options, environments and operations`, { skip }, async () => {
    await withProgram(async (directory) => {
      const file = join(directory, 'completion');
      await writeFile(file, script(await loadCompletionTable()));
      const env = { ...process.env, HOME: directory, PATH: `${directory}${delimiter}${process.env['PATH']}` };
      for (const [line, includes, excludes] of cases) {
        const { stdout, stderr } = await run(name, ask(file, line), { env });
        const offered = stdout.split('\n').map((text) => text.split('\t')[0]);
        assert.equal(stderr, '', line);
        for (const word of includes)
          assert.ok(offered.includes(word), `${word} after "${line}" in ${stdout}`);
        for (const word of excludes)
          assert.ok(!offered.includes(word), `no ${word} after "${line}" in ${stdout}`);
      }
    });
  });
}

const zsh = await run('zsh', ['--version']).then(
  () => true,
  () => false,
);
test('zsh accepts its script', { skip: zsh ? false : 'zsh is not installed' }, async () => {
  await withProgram(async (directory) => {
    const file = join(directory, '_mainstay');
    await writeFile(file, zshScript(await loadCompletionTable()));
    await run('zsh', ['-f', '-n', file]);
    const { stdout } = await run(
      'zsh',
      [
        '-f',
        '-c',
        'autoload -Uz compinit; compinit -D -u; source "$1"; print $_comps[mainstay]',
        'zsh',
        file,
      ],
      {
        env: { ...process.env, HOME: directory },
      },
    );
    assert.equal(stdout.trim(), '_mainstay');
  });
});

/** A program that knows names, first on the PATH. */
async function withProgram(action: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'mainstay-completion-'));
  try {
    const program = join(directory, 'mainstay');
    const script =
      '#!/bin/sh\ncase "$*" in\n*environments) printf "staging\\nshop/production\\n" ;;\n*operations) printf "01k3\\n01k2\\n" ;;\nesac\n';
    await writeFile(program, script);
    await chmod(program, 0o755);
    await action(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
