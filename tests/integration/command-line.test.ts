import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FixtureControl } from '../support/fixture-control.ts';

const program = fileURLToPath(new URL('../../bin/mainstay', import.meta.url));

function start(control: FixtureControl, ...args: string[]) {
  return spawn(program, ['--home', control.home, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('Ctrl-C on a deploy that is followed ends with 130 and says how to come back', async () => {
  const id = '01k3';
  await using control = await FixtureControl.start({
    operation: () => ({
      id,
      kind: 'deploy',
      environment: 'shop/staging',
      state: 'running',
      outcome: null,
      summary: null,
      failure: null,
      createdAt: 0,
      startedAt: null,
      finishedAt: null,
      steps: [],
      requestedBy: 'ada',
    }),
  });
  control.emit(id, {
    type: 'accepted',
    data: { kind: 'deploy', environment: 'shop/staging', requestedBy: 'ada' },
  });
  const child = start(control, 'operations', 'follow', id);
  const errors = text(child.stderr);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 130);
  assert.match(
    await errors,
    /^Still running\. Follow: .*mainstay operations follow 01k3 · Cancel: .*mainstay operations cancel 01k3\n$/,
  );
});

test('a reader that has seen enough ends a log without a complaint', async () => {
  const line = {
    at: 1,
    source: 'web',
    instance: 'web.0',
    release: null,
    stream: 'out',
    text: 'x'.repeat(1000),
  };
  await using control = await FixtureControl.start({
    logs: async function* () {
      for (;;) yield line;
    },
  });
  const child = start(control, 'logs', 'shop/staging', '-f');
  const errors = text(child.stderr);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.equal(await errors, '');
});
