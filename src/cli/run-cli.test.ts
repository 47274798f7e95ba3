import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FakeOptions, FakeTerminal, fakeRoles } from '../../tests/support/fake-terminal.ts';
import { type Answers, FixtureControl } from '../../tests/support/fixture-control.ts';
import { runCli } from './run-cli.ts';
import { verbGroups } from './verbs.ts';

const digest = '3f2a91c0'.repeat(8);
const manifest = `app: shop
services:
  web: { command: node server.js, health: /health }
environments:
  staging: { domain: staging.shop.localhost }
`;

function overview(id: string, more: object = {}) {
  return {
    id,
    release: { number: 7, digest },
    deployedAt: 1_700_000_000_000,
    state: 'serving',
    reason: null,
    urls: [`http://${id.replace('/', '.')}.localhost:7080/`],
    instances: { running: 2, wanted: 2 },
    maintenance: false,
    lastOperation: null,
    configChanged: false,
    ...more,
  };
}

const detail = (id: string, more: object = {}) => ({
  ...overview(id, more),
  instanceList: [],
  jobs: [],
  data: [{ name: 'entries', bytes: 2048, modifiedAt: null, directory: '/data/shop' }],
  previousRelease: null,
});

const operation = (id: string, kind = 'deploy', environment = 'shop/staging') => ({
  id,
  kind,
  environment,
  state: 'queued',
  outcome: null,
  summary: null,
  failure: null,
  createdAt: 0,
  startedAt: null,
  finishedAt: null,
});

async function run(control: FixtureControl | undefined, line: string, options: FakeOptions = {}) {
  const terminal = new FakeTerminal(options);
  const code = await runCli(
    line.split(' ').filter(Boolean),
    terminal,
    fakeRoles(control?.socketPath ?? '/nonexistent'),
  );
  return { code, out: terminal.out, err: terminal.err, terminal };
}

async function inDirectory<T>(
  files: Record<string, string>,
  action: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'mainstay-cli-'));
  try {
    await mkdir(join(directory, '.git'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    return await action(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const finishedDeploy = (id: string, control: FixtureControl): void => {
  control.emit(id, {
    type: 'accepted',
    data: { kind: 'deploy', environment: 'shop/staging', requestedBy: 'ada' },
  });
  control.emit(id, { type: 'finished', data: { outcome: 'succeeded', failure: null } }, 3000);
};

test('status shows each environment with its release and address', async () => {
  const answers: Answers = {
    status: () => ({
      version: '0.1.0',
      hosts: [{ name: 'local', reachable: true, reason: null }],
      environments: [
        overview('shop/staging'),
        overview('shop/production', { state: 'down', reason: 'No instance answers.' }),
      ],
    }),
  };
  await using control = await FixtureControl.start(answers);
  const { code, out, err } = await run(control, 'status');
  assert.equal(code, 0);
  assert.equal(err, '');
  assert.deepEqual(out.split('\n'), [
    'shop',
    '  staging     ● serving  r7 (3f2a91c0)  2/2  10 minutes ago  http://shop.staging.localhost:7080/',
    '  production  ● down     r7 (3f2a91c0)  2/2  10 minutes ago  http://shop.production.localhost:7080/',
    '      No instance answers.',
    '',
  ]);
  const json = await run(control, '--json status');
  assert.deepEqual(JSON.parse(json.out), answers.status?.({ params: {}, query: {}, body: null }));
});

test('a deploy sends the manifest and the source, follows to the end and tells what serves', async () => {
  await inDirectory({ 'mainstay.yaml': manifest }, async (directory) => {
    await using control = await FixtureControl.start({
      startOperation: () => {
        finishedDeploy('op1', control);
        return { operation: operation('op1'), created: true };
      },
      environment: () => detail('shop/staging'),
    });
    const { code, out } = await run(control, 'deploy staging', { directory });
    assert.equal(code, 0);
    assert.match(
      out,
      /✓ shop\/staging serves r7 \(3f2a91c0\)\. \(3s\)\n {2}http:\/\/shop\.staging\.localhost:7080\/\n$/,
    );
    const body = control.seen[0]?.request.body as {
      idempotencyKey: string;
      requestedBy: string;
      request: object;
    };
    assert.ok(body.idempotencyKey.length >= 8);
    assert.equal(body.requestedBy, 'ada@cli');
    assert.deepEqual(body.request, {
      kind: 'deploy',
      environment: 'shop/staging',
      source: { directory, manifestFile: 'mainstay.yaml', manifestText: manifest, fresh: false },
      release: null,
      force: null,
    });
  });
});

test('a manifest with errors is refused before anything is asked of the control plane', async () => {
  await inDirectory({ 'mainstay.yaml': manifest.replace('health', 'helth') }, async (directory) => {
    const { code, err } = await run(undefined, 'deploy staging', { directory });
    assert.equal(code, 2);
    assert.match(
      err,
      /mainstay\.yaml has one error:\n {2}mainstay\.yaml:3:\d+ services\.web\.helth: unknown key; did you mean "health"\?/,
    );
  });
});

test('a manifest that was accepted before is sent at once; another is judged here again', async () => {
  await inDirectory({ 'mainstay.yaml': manifest }, async (directory) => {
    let count = 0;
    await using control = await FixtureControl.start({
      startOperation: () => {
        count += 1;
        finishedDeploy(`op${count}`, control);
        return { operation: operation(`op${count}`), created: true };
      },
      environment: () => detail('shop/staging'),
    });
    assert.equal((await run(control, 'deploy staging', { directory })).code, 0);
    assert.equal((await run(control, 'deploy staging', { directory })).code, 0);
    const sent = control.seen.length;
    await writeFile(join(directory, 'mainstay.yaml'), manifest.replace('health', 'helth'));
    assert.equal((await run(control, 'deploy staging', { directory })).code, 2);
    assert.equal(control.seen.length, sent);
  });
});

test('the manifest is found further up, but not above the repository', async () => {
  await inDirectory({ 'mainstay.yaml': manifest }, async (directory) => {
    const inner = join(directory, 'src');
    await mkdir(inner);
    assert.equal((await run(undefined, 'validate', { directory: inner })).code, 0);
    await mkdir(join(inner, '.git'));
    const { code, err } = await run(undefined, 'validate', { directory: inner });
    assert.equal(code, 2);
    assert.match(err, /There is no mainstay\.yaml in/);
  });
});

test('a deploy that is refused says why, what serves, and exits with the code of its outcome', async () => {
  const failure = {
    code: 'watch-failed',
    message: 'r8 failed 3% of its requests.',
    hint: 'Read its logs.',
    retryable: false,
  } as const;
  await using control = await FixtureControl.start({
    startOperation: () => {
      control.emit('op2', {
        type: 'accepted',
        data: { kind: 'promote', environment: 'shop/production', requestedBy: 'ada' },
      });
      control.emit('op2', { type: 'finished', data: { outcome: 'rolled-back', failure } }, 5000);
      return { operation: operation('op2', 'promote', 'shop/production'), created: true };
    },
    environment: () => detail('shop/production'),
  });
  const { code, out } = await run(control, 'promote shop/production');
  assert.equal(code, 4);
  assert.deepEqual(out.split('\n').slice(2, 7), [
    '↺ Promote to shop/production failed after the switch and was switched back, 5s after its start.',
    '  r8 failed 3% of its requests.',
    '  Read its logs.',
    '  r7 (3f2a91c0) serves again: http://shop.production.localhost:7080/',
    '  Details: mainstay operations show op2',
  ]);
});

test('Ctrl-C leaves the operation running and says how to come back', async () => {
  await using control = await FixtureControl.start({
    operation: () => ({ ...operation('op3'), steps: [], requestedBy: 'ada' }),
  });
  control.emit('op3', { type: 'preparing', data: {} });
  const terminal = new FakeTerminal({ columns: 120 });
  const ended = runCli(['operations', 'follow', 'op3'], terminal, fakeRoles(control.socketPath));
  while (!control.seen.some(({ name }) => name === 'operationEvents')) await new Promise(setImmediate);
  assert.equal(terminal.interrupt(), true);
  assert.equal(await ended, 130);
  assert.match(
    terminal.err,
    /Still running\. Follow: mainstay operations follow op3 · Cancel: mainstay operations cancel op3\n/,
  );
});

test('a request that may not have arrived is sent again under the same key', async () => {
  let attempts = 0;
  await using control = await FixtureControl.start({
    startOperation: () => {
      attempts += 1;
      if (attempts === 1) control.cut();
      return { operation: operation('op4', 'verify'), created: attempts === 1 };
    },
  });
  control.emit('op4', { type: 'finished', data: { outcome: 'succeeded', failure: null } });
  const { code } = await run(control, 'verify shop/staging --quiet');
  assert.equal(code, 0);
  const keys = control.seen
    .filter(({ name }) => name === 'startOperation')
    .map(({ request }) => (request.body as { idempotencyKey: string }).idempotencyKey);
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
});

test('destroying asks for the name, names the data, and does nothing without the right answer', async () => {
  await using control = await FixtureControl.start({ environment: () => detail('shop/staging') });
  const piped = await run(control, 'destroy shop/staging --data');
  assert.equal(piped.code, 9);
  assert.match(piped.err, /This destroys its data for ever: entries \(2\.0 KiB\) in \/data\/shop\./);
  const wrong = await run(control, 'destroy shop/staging', {
    columns: 80,
    inputIsTerminal: true,
    input: 'production\n',
  });
  assert.equal(wrong.code, 9);
  assert.match(wrong.err, /Its data stays/);
  assert.ok(!control.seen.some(({ name }) => name === 'startOperation'));
});

test('a secret comes from standard input and never from the command line', async () => {
  await using control = await FixtureControl.start({
    changeConfig: () => ({
      environment: 'shop/staging',
      revision: 2,
      inForce: 1,
      values: {},
      secrets: ['KEY'],
      missing: [],
    }),
  });
  const { code, out } = await run(control, 'secret set shop/staging KEY', { input: 'two\nlines\n' });
  assert.equal(code, 0);
  assert.ok(!out.includes('lines'));
  assert.deepEqual(control.seen[0]?.request.body, {
    set: {},
    unset: [],
    setSecrets: { KEY: 'two\nlines' },
    unsetSecrets: [],
  });
  const shown = await run(control, 'secret set shop/staging KEY=value');
  assert.equal(shown.code, 2);
  const empty = await run(control, 'secret set shop/staging KEY', { input: '\n' });
  assert.equal(empty.code, 2);
});

test('a secret typed on a terminal is not echoed, and can be corrected', async () => {
  await using control = await FixtureControl.start({
    changeConfig: () => ({
      environment: 'shop/staging',
      revision: 2,
      inForce: 1,
      values: {},
      secrets: ['KEY'],
      missing: [],
    }),
  });
  const options = { columns: 80, inputIsTerminal: true, input: 'abx\u007fc\r' };
  const { code, err } = await run(control, 'secret set shop/staging KEY', options);
  assert.equal(code, 0);
  assert.equal(err, 'Value for KEY (not shown): \n');
  assert.deepEqual(
    control.seen.map(({ request }) => (request.body as { setSecrets: object }).setSecrets),
    [{ KEY: 'abc' }],
  );
});

test('a failure of the control plane is printed in words, and as JSON when asked for', async () => {
  await using control = await FixtureControl.start();
  const { code, out, err } = await run(control, 'releases --app shop --json');
  assert.equal(code, 2);
  assert.match(err, /^✗ The fixture does not answer releases\.\n/);
  assert.equal((JSON.parse(out) as { failure: { code: string } }).failure.code, 'not-found');
});

test('init writes a manifest that is valid, and never writes over one', async () => {
  await inDirectory(
    { 'package.json': '{"name":"shop","scripts":{"start":"node server.js"}}', 'server.js': '' },
    async (directory) => {
      const first = await run(undefined, 'init', { directory });
      assert.equal(first.code, 0, first.err);
      assert.equal((await run(undefined, 'validate', { directory })).code, 0);
      const before = await readFile(join(directory, 'mainstay.yaml'), 'utf8');
      const second = await run(undefined, 'init', { directory });
      assert.equal(second.code, 9);
      assert.equal(await readFile(join(directory, 'mainstay.yaml'), 'utf8'), before);
    },
  );
});

test('mainstay alone starts nothing and says what makes sense next', async () => {
  await inDirectory({}, async (directory) => {
    const { code, out } = await run(undefined, '', { directory });
    assert.equal(code, 0);
    assert.match(out, /Not running here\..*\n\nNext\n {2}mainstay init/);
  });
});

test('a misspelt verb, a missing word and a word too many are refused with what would be right', async () => {
  const misspelt = await run(undefined, 'dploy staging');
  assert.equal(misspelt.code, 2);
  assert.match(misspelt.err, /there is no verb "dploy"; did you mean deploy\?/);
  assert.match(
    (await run(undefined, 'deploy')).err,
    /something is missing; use it as: mainstay deploy ENVIRONMENT/,
  );
  assert.match((await run(undefined, 'verify a/b c/d')).err, /"c\/d" is one word too many/);
  assert.match((await run(undefined, 'serve --json')).err, /there is no --json here/);
});

for (const { name } of verbGroups.flatMap(({ verbs }) => verbs)) {
  test(`the help of ${name} has a sentence, usage, examples and exit codes, and fits 80 columns`, async () => {
    const { code, out } = await run(undefined, `${name} --help`, {
      columns: 80,
      environment: { NO_COLOR: '1' },
    });
    assert.equal(code, 0);
    for (const part of [`${name}: `, 'Usage', 'Examples', 'Exit codes'])
      assert.ok(out.includes(part), `${part} in ${out}`);
    const prose = out.split('\n').filter((line) => !line.startsWith('  mainstay '));
    for (const line of prose) assert.ok(line.length < 80, line);
  });
}
