import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { JobSpec } from '../../api/agent.ts';
import { type Clock, instant, millis } from '../../core/units.ts';
import { FakeRuntime, FakeWorld } from '../../runtimes/conformance/fake-runtime.ts';
import { openHome } from '../../system/home.ts';
import type { HostArtifacts } from '../agent-deps.ts';
import { EnvironmentStates } from '../environments/environment-states.ts';
import { Logs } from '../logs/logs.ts';
import { Tasks } from '../tasks/tasks.ts';
import { Jobs } from './jobs.ts';

const environment = 'shop/production';
const never = new AbortController().signal;

class TestClock implements Clock {
  time = Date.parse('2026-03-01T00:00:00Z');
  now = () => instant(this.time);
  monotonic = () => millis(performance.now());
}

/** A schedule over runs in memory and state on disk; `restart` is a new agent on the same state. */
class Scene implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly world = new FakeWorld();
  readonly root: string;
  jobs!: Jobs;
  tasks!: Tasks;
  #states!: EnvironmentStates;

  private constructor(root: string) {
    this.root = root;
  }

  static async open(): Promise<Scene> {
    const scene = new Scene(await mkdtemp(join(tmpdir(), 'jobs-')));
    await scene.restart();
    return scene;
  }

  async restart(): Promise<void> {
    const log = (): void => undefined;
    const sealer = { seal: (text: string) => text, unseal: (text: string) => text };
    const { clock, root } = this;
    this.#states = new EnvironmentStates(join(root, 'environments'));
    await this.#states.load(log);
    this.tasks = new Tasks({
      home: openHome(root),
      runtime: new FakeRuntime(this.world),
      clock,
      sealer,
      // Jobs here belong to no release.
      artifacts: {} as HostArtifacts,
      baseEnvironment: {},
      log,
      logs: new Logs(clock, log),
      directory: join(root, 'tasks'),
    });
    await this.tasks.resume();
    this.jobs = new Jobs({ clock, states: this.#states, tasks: this.tasks, sealer, log });
  }

  /** Sets the clock and lets the schedule look at it. */
  async at(time: string): Promise<void> {
    this.clock.time = Date.parse(time);
    await this.jobs.tick();
  }

  async lastRun(): Promise<string | undefined> {
    const [status] = await this.jobs.statuses(environment);
    return status?.last?.id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jobs.stop();
    await this.tasks.detach();
    await rm(this.root, { recursive: true, force: true });
  }
}

const job = (changes: Partial<JobSpec> = {}): JobSpec => ({
  environment,
  release: null,
  command: { kind: 'argv', argv: ['exit', '0', 'sent'] },
  variables: {},
  secrets: {},
  data: [],
  name: 'digest',
  schedule: '0 7 * * *',
  timezone: 'Europe/Berlin',
  timeoutMs: 60_000,
  ...changes,
});

test('a job runs at its time in its time zone, in winter as in summer', async () => {
  await using scene = await Scene.open();
  await scene.jobs.set(environment, [job()]);
  await scene.at('2026-03-02T05:59:59Z');
  assert.equal(await scene.lastRun(), undefined);
  await scene.at('2026-03-02T06:00:00Z');
  assert.equal(await scene.lastRun(), 'job.shop.production.digest.20260302t0600z');
  await scene.at('2026-07-01T04:00:00Z');
  await scene.at('2026-07-01T05:00:01Z');
  assert.equal(await scene.lastRun(), 'job.shop.production.digest.20260701t0500z');
});

test('a slot is not run again by another agent, nor when the clock is set back', async () => {
  await using scene = await Scene.open();
  await scene.jobs.set(environment, [job()]);
  await scene.at('2026-03-02T06:00:00Z');
  await scene.tasks.wait('job.shop.production.digest.20260302t0600z', 1000, never);
  await scene.jobs.stop();
  await scene.restart();
  await scene.at('2026-03-02T06:00:30Z');
  await scene.at('2026-03-02T05:30:00Z');
  await scene.at('2026-03-02T06:00:10Z');
  const runs = [...scene.world.runs.keys()];
  assert.ok(runs.length <= 1);
  const [status] = await scene.jobs.statuses(environment);
  assert.equal(status?.last?.state, 'succeeded');
  assert.equal(status?.nextAt, Date.parse('2026-03-03T06:00:00Z'));
});

test('a slot that was missed within the hour is run once, an older one is given up and said so', async () => {
  await using scene = await Scene.open();
  await scene.jobs.set(environment, [job()]);
  await scene.at('2026-03-02T06:45:00Z');
  assert.equal(await scene.lastRun(), 'job.shop.production.digest.20260302t0600z');
  await scene.at('2026-03-03T09:00:00Z');
  assert.equal(await scene.lastRun(), 'job.shop.production.digest.20260302t0600z');
  const [status] = await scene.jobs.statuses(environment);
  assert.equal(status?.skipped?.at, Date.parse('2026-03-03T06:00:00Z'));
});

test('a job whose last run has not ended is skipped, and says so', async () => {
  await using scene = await Scene.open();
  await scene.jobs.set(environment, [
    job({ command: { kind: 'argv', argv: ['serve'] }, schedule: '* * * * *' }),
  ]);
  await scene.at('2026-03-02T06:01:00Z');
  const first = await scene.lastRun();
  await scene.at('2026-03-02T06:02:00Z');
  const [status] = await scene.jobs.statuses(environment);
  assert.equal(status?.last?.id, first);
  assert.match(status?.skipped?.reason ?? '', /had not ended/);
  await scene.tasks.stop(first ?? '', 'enough');
  await scene.at('2026-03-02T06:03:00Z');
  assert.notEqual(await scene.lastRun(), first);
  await scene.tasks.stopAll(null, 'enough');
});

test('a job that cannot be started does not stop the schedule', async () => {
  await using scene = await Scene.open();
  const missing = job({
    name: 'missing',
    schedule: '* * * * *',
    command: { kind: 'argv', argv: ['nothing'] },
  });
  await scene.jobs.set(environment, [missing, job({ schedule: '* * * * *' })]);
  await scene.at('2026-03-02T06:01:00Z');
  const statuses = await scene.jobs.statuses(environment);
  assert.match(statuses[0]?.skipped?.reason ?? '', /nothing/);
  assert.equal(statuses[1]?.last?.state === 'unknown', false);
});

test('jobs that are replaced keep what they have run, and removed ones are forgotten', async () => {
  await using scene = await Scene.open();
  await scene.jobs.set(environment, [job()]);
  await scene.at('2026-03-02T06:00:00Z');
  await scene.jobs.set(environment, [job({ variables: { A: '1' } })]);
  await scene.at('2026-03-02T06:00:05Z');
  assert.equal(await scene.lastRun(), 'job.shop.production.digest.20260302t0600z');
  await scene.jobs.set(environment, []);
  await scene.at('2026-03-03T06:00:00Z');
  assert.deepEqual(await scene.jobs.statuses(environment), []);
});
