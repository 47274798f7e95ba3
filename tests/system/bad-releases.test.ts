import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Fault, faults } from '../harness/application.ts';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, endSoundly, lastOperation } from '../harness/settled-state.ts';
import { Visitor } from '../harness/visitor.ts';

const beforeSwitch = { code: 3, outcome: 'failed' };
const afterSwitch = { code: 4, outcome: 'rolled-back' };

interface Expected {
  readonly code: number;
  readonly outcome: string;
  readonly failure: string;
  /** What went wrong, on what and why, in the words that a person reads. */
  readonly message: readonly RegExp[];
}

const expectations: Readonly<Record<Fault, Expected>> = {
  'failing-migration': {
    ...beforeSwitch,
    failure: 'command-failed',
    message: [/release\.before failed: node migrate\.js/, /code 1/],
  },
  'command-not-found': { ...beforeSwitch, failure: 'command-not-found', message: [/no-such-program/] },
  'exits-at-once': {
    ...beforeSwitch,
    failure: 'instance-exited',
    message: [/bad\.live\.web|web\.0/, /code 1/, /cannot read configuration/],
  },
  'never-listens': {
    ...beforeSwitch,
    failure: 'instance-unhealthy',
    message: [/never listened on port \d+ \(\$PORT\)/],
  },
  'wrong-port': {
    ...beforeSwitch,
    failure: 'instance-unhealthy',
    message: [/listens on \d+, but \$PORT was \d+/],
  },
  'never-healthy': { ...beforeSwitch, failure: 'instance-unhealthy', message: [/GET \/health answered 503/] },
  'failing-private-check': {
    ...beforeSwitch,
    failure: 'check-failed',
    message: [/Check self of bad\/live failed/, /500/],
  },
  'failing-public-check': {
    ...afterSwitch,
    failure: 'check-failed',
    message: [/Check visit of bad\/live failed/, /500/],
  },
  'dies-in-watch': { ...afterSwitch, failure: 'watch-failed', message: [/exited with code 70/] },
  'errors-in-watch': {
    ...afterSwitch,
    failure: 'watch-failed',
    message: [/% of \d+ requests failed \(old release 0\.0%/],
  },
};

suite('a bad release', () => {
  let mainstay: Mainstay;
  let application: Application;
  before(async () => {
    mainstay = await startMainstay();
    application = new Application(mainstay, 'bad');
    assertExit(await application.deploy('live', { version: 'good' }), 0);
  });
  after(async () => {
    await endSoundly(mainstay);
  });

  for (const fault of faults) {
    test(`${fault}: the old release keeps serving, and exit code and message tell the truth`, async () => {
      const expected = expectations[fault];
      const visitor = new Visitor(mainstay.httpPort, application.domain('live'), 10);
      const ended = await application.deploy('live', { version: `bad-${fault}`, fault });
      const visits = await visitor.stop();
      assertExit(ended, expected.code);
      const operation = await lastOperation(mainstay, 'bad/live');
      assert.equal(operation.outcome, expected.outcome);
      assert.equal(operation.failure?.code, expected.failure, operation.failure?.message);
      for (const pattern of expected.message) assert.match(operation.failure?.message ?? '', pattern);
      assert.match(ended.stdout, /r1 \([0-9a-f]{8}\) (kept serving|serves again)/);
      await assertSettled(mainstay, application, 'live', { version: 'good' });
      assertVisits(visits, fault, expected.outcome);
    });
  }

  test('a bad first release leaves nothing behind', async () => {
    const fresh = new Application(mainstay, 'fresh');
    const ended = await fresh.deploy('live', { version: 'v1', fault: 'failing-public-check' });
    assertExit(ended, 4);
    const { status } = await mainstay.visit(fresh.domain('live'));
    assert.equal(status, 404);
    const left = mainstay.processes().filter(({ instance }) => instance?.startsWith('fresh.'));
    assert.deepEqual(left, []);
    assertExit(await fresh.deploy('live', { version: 'v2' }), 0);
    await assertSettled(mainstay, fresh, 'live', { version: 'v2' });
  });
});

function assertVisits(
  visits: readonly { readonly version: string | null; readonly result: string }[],
  fault: Fault,
  outcome: string,
): void {
  const results = [...new Set(visits.map(({ result }) => result))];
  // Its 500 are what it answered itself; everything else must have been answered well.
  assert.deepEqual(
    results.filter((result) => result !== '500' || fault !== 'errors-in-watch'),
    ['200'],
  );
  const bad = visits.filter(({ version }) => version === `bad-${fault}`);
  if (outcome === 'failed')
    assert.equal(bad.length, 0, 'a release that failed before the switch was visited');
}
