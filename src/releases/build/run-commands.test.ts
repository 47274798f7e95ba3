import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { millis } from '../../core/units.ts';
import type { Command } from '../../manifest/manifest.ts';
import { hasVariable, readProcessTable } from '../../system/process-table.ts';
import { runCommands } from './run-commands.ts';

const shell = (line: string): Command => ({ kind: 'shell', line });

describe('runCommands', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'commands-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  let count = 0;
  /** A build in a directory of its own, with the processes that it left and the lines that it wrote. */
  async function build(
    commands: readonly Command[],
    options: { timeout?: number; signal?: AbortSignal } = {},
  ) {
    count += 1;
    const home = join(directory, `home-${count}`);
    await mkdir(home);
    const lines: string[] = [];
    const outcome = await runCommands(
      {
        commands,
        directory: home,
        environment: { PATH: process.env['PATH'] ?? '', HOME: home },
        timeout: millis(options.timeout ?? 60_000),
        output: (line) => {
          lines.push(line);
          return line;
        },
      },
      options.signal ?? new AbortController().signal,
    ).then(
      () => undefined,
      (error: unknown) => error as Error & { code?: string; details?: Record<string, unknown> },
    );
    const left = [...readProcessTable().values()].filter(
      ({ pid, zombie }) => !zombie && hasVariable(pid, `HOME=${home}`),
    );
    return { home, lines, outcome, left };
  }

  it('runs commands in order, by the shell or directly, and tells what they write', async () => {
    const { outcome, lines } = await build([
      shell('echo one; echo two >&2'),
      { kind: 'argv', argv: ['printf', '%s\n', 'a b', '$HOME'] },
    ]);
    assert.equal(outcome, undefined);
    assert.deepEqual(lines.toSorted(), [
      '$ echo one; echo two >&2',
      '$ printf "%s\\n" "a b" "$HOME"',
      '$HOME',
      'a b',
      'one',
      'two',
    ]);
  });

  it('gives commands no more of its own environment than it is told', async () => {
    const { lines, home } = await build([shell('env | sort')]);
    const names = lines.slice(1).map((line) => line.split('=')[0]);
    assert.deepEqual(
      names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? '')),
      ['HOME', 'PATH'],
    );
    assert.ok(lines.includes(`HOME=${home}`));
  });

  it('stops at the first command that fails, with its exit code and last lines', async () => {
    const { outcome, home } = await build([
      shell('echo working; echo the reason >&2; exit 3'),
      shell('touch after'),
    ]);
    assert.equal(outcome?.code, 'build-failed');
    assert.match(outcome?.message ?? '', /ended with exit code 3\. Its last line: (?:the reason|working)$/);
    assert.deepEqual(outcome?.details?.['exitCode'], 3);
    await assert.rejects(readFile(join(home, 'after')), { code: 'ENOENT' });
  });

  it('tells a signal from an exit code', async () => {
    const { outcome } = await build([shell('kill -SEGV $$')]);
    assert.match(outcome?.message ?? '', /ended by signal SIGSEGV/);
  });

  it('names a program that is not there', async () => {
    const direct = await build([{ kind: 'argv', argv: ['no-such-program'] }]);
    assert.equal(direct.outcome?.code, 'command-not-found');
    assert.match(direct.outcome?.message ?? '', /"no-such-program" in \//);
    const byShell = await build([shell('no-such-program')]);
    assert.equal(byShell.outcome?.code, 'build-failed');
    assert.match((byShell.outcome as { hint?: string } | undefined)?.hint ?? '', /did not find a program/);
  });

  it('ends a build that takes too long, with everything that it started', async () => {
    const { outcome, left } = await build([shell('sleep 600 & setsid sleep 600 & trap "" TERM; sleep 600')], {
      timeout: 300,
    });
    assert.equal(outcome?.code, 'build-failed');
    assert.match(outcome?.message ?? '', /did not end within 300ms/);
    assert.deepEqual(left, []);
  });

  it('ends a build that is aborted, with everything that it started, and throws the reason', async () => {
    const aborter = new AbortController();
    const running = build([shell('(setsid sh -c "sleep 600; true" &) ; echo started; sleep 600')], {
      signal: aborter.signal,
    });
    setTimeout(() => aborter.abort(new Error('cancelled by a person')), 300);
    const { outcome, left } = await running;
    assert.equal(outcome?.message, 'cancelled by a person');
    assert.deepEqual(left, []);
  });

  it('ends what a command left running in the background, also when it emptied its environment', async () => {
    const { outcome, left, home } = await build([
      shell(
        'sleep 600 & echo $! > one; env -i /bin/sleep 600 & echo $! > two; setsid sleep 600 > /dev/null 2>&1 &',
      ),
    ]);
    assert.equal(outcome, undefined);
    assert.deepEqual(left, []);
    const table = readProcessTable();
    for (const name of ['one', 'two']) {
      const entry = table.get(Number(await readFile(join(home, name), 'utf8')));
      assert.ok(entry === undefined || entry.zombie || entry.name !== 'sleep');
    }
  });

  it('takes output without line ends, drawn over itself, or cut inside a character', async () => {
    const { lines, outcome } = await build([
      shell('head -c 200000 /dev/zero | tr "\\0" x; echo'),
      shell('printf "10%%\\r50%%\\r100%%\\n"; printf "\\303"; sleep 0.05; printf "\\274\\nlast without end"'),
    ]);
    assert.equal(outcome, undefined);
    const output = lines.filter((line) => !line.startsWith('$ '));
    assert.ok(output.every((line) => line.length <= 64 * 1024));
    assert.equal(output.filter((line) => /^x+$/.test(line)).join('').length, 200_000);
    assert.deepEqual(output.slice(-3), ['100%', 'ü', 'last without end']);
  });
});
