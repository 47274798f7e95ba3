import assert from 'node:assert/strict';
import { answers } from '../../../src/control/start-control.ts';
import type { ApplicationWish } from '../../harness/application.ts';
import { Application } from '../../harness/deployed-application.ts';
import { freePort } from '../../harness/free-port.ts';
import { type Mainstay, startMainstay } from '../../harness/mainstay.ts';
import { assertExit, type CommandOptions } from '../../harness/run-command.ts';
import { assertSettled, assertSoundState, environmentState } from '../../harness/settled-state.ts';
import { type Visit, Visitor } from '../../harness/visitor.ts';
import { waitUntil } from '../../harness/wait-until.ts';

export type Environment = 'live' | 'production';

const visitEveryMs = 30;
const settleMs = 20_000;

/**
 * One Mainstay with an application that serves in two environments, used for several crashes in a row. What
 * serves where is remembered, so that each crash can be judged.
 */
export class CrashBench implements AsyncDisposable {
  readonly mainstay: Mainstay;
  readonly application: Application;
  readonly serving = new Map<Environment, string>();
  readonly #web: NonNullable<ApplicationWish['web']>;
  readonly #versions = new Map<string, string>();
  readonly instances: number;
  #count = 0;

  constructor(mainstay: Mainstay, instances: number, web: NonNullable<ApplicationWish['web']> = {}) {
    this.mainstay = mainstay;
    this.application = new Application(mainstay, 'crash');
    this.instances = instances;
    this.#web = { instances, ...web };
  }

  nextVersion(): string {
    this.#count += 1;
    return `v${this.#count}`;
  }

  write(version: string, fault: ApplicationWish['fault'] = null): Promise<void> {
    const jobs = { tick: { command: 'node tick.js', schedule: '0 3 * * *' } };
    return this.application.write({ version, fault, web: this.#web, manifest: { jobs } });
  }

  /** A good deploy that nothing disturbs. Production takes it past its rehearsal, for the sake of time. */
  async deploy(environment: Environment | 'staging'): Promise<string> {
    const version = this.nextVersion();
    await this.write(version);
    const force = environment === 'production' ? ['--force', 'preparing a crash'] : [];
    assertExit(await this.run(['deploy', environment, ...force]), 0);
    await this.remember(version, environment);
    return version;
  }

  /** Remembers that a version serves, and by which number its release is known. */
  async remember(version: string, environment: Environment | 'staging'): Promise<void> {
    const { release } = await environmentState(this.mainstay, this.application.id(environment));
    if (release !== null) this.#versions.set(release.digest, version);
    if (environment !== 'staging') this.serving.set(environment, version);
  }

  /** The version to which a rollback would return. */
  async previousVersion(environment: Environment): Promise<string> {
    const { previousRelease } = await environmentState(this.mainstay, this.application.id(environment));
    const version = this.#versions.get(previousRelease?.digest ?? '');
    assert.ok(version, `${environment} has no earlier release that is known here`);
    return version;
  }

  run(args: readonly string[], options?: CommandOptions) {
    return this.application.run(args, { timeoutMs: 90_000, ...options });
  }

  /** Starts a control plane that kills itself at this point, in place of the one that runs. */
  async armControl(point: string): Promise<void> {
    const { mainstay } = this;
    await mainstay.ok(['status']);
    await mainstay.shutDown('keep');
    const armed = mainstay.start(['serve'], {
      environment: { MAINSTAY_FAILURE_POINT: point },
      timeoutMs: 600_000,
    });
    await waitUntil('the armed control plane answers', async () => {
      if (armed.child.exitCode !== null) throw new Error(`mainstay serve ended:\n${armed.output()}`);
      return answers(mainstay.home.controlSocket);
    });
  }

  /** Somebody visits every environment that serves, but for those that are about to be closed on purpose. */
  startVisitors(closing: readonly Environment[]): ReadonlyMap<Environment, Visitor> {
    const { httpPort } = this.mainstay;
    return new Map(
      [...this.serving.keys()]
        .filter((environment) => !closing.includes(environment))
        .map((environment) => [
          environment,
          new Visitor(httpPort, this.application.domain(environment), visitEveryMs),
        ]),
    );
  }

  /** Everything runs again as it should, within a bound; then nothing else may run, and the state is sound. */
  async assertRecovered(): Promise<void> {
    await this.mainstay.ok(['status']);
    await eventually(async () => {
      for (const [environment, version] of this.serving)
        await assertSettled(this.mainstay, this.application, environment, {
          version,
          instances: this.instances,
        });
      this.#assertRoles();
    });
    await assertSoundState(this.mainstay);
    await this.mainstay.ok(['lifecycle', 'verify']);
  }

  /** One process of each role, the wanted instances, and no orphan of any kind. */
  #assertRoles(): void {
    const processes = this.mainstay.processes();
    const count = (role: string) => processes.filter((candidate) => candidate.role === role).length;
    const list = processes.map(({ pid, role, instance, command }) => `${pid} ${role} ${instance} ${command}`);
    const roles = {
      control: count('control'),
      agent: count('agent'),
      ingress: count('ingress'),
      other: count('other'),
    };
    assert.deepEqual(roles, { control: 1, agent: 1, ingress: 1, other: 0 }, list.join('\n'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mainstay[Symbol.asyncDispose]();
  }
}

export interface BenchOptions {
  readonly instances: number;
  /** The application can listen on one port only, so it serves in one environment only. */
  readonly hasFixedPort?: boolean;
}

/** A Mainstay in which two releases were deployed everywhere, so that there is one to go back to. */
export async function openBench({ instances, hasFixedPort = false }: BenchOptions): Promise<CrashBench> {
  const web = hasFixedPort ? { port: await freePort() } : {};
  const wanted: readonly Environment[] = hasFixedPort ? ['live'] : ['live', 'production'];
  const bench = new CrashBench(await startMainstay(), instances, web);
  try {
    for (const environment of [...wanted, ...wanted]) await bench.deploy(environment);
    return bench;
  } catch (error) {
    await bench[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}

export async function stopVisitors(
  visitors: ReadonlyMap<Environment, Visitor>,
): Promise<ReadonlyMap<Environment, readonly Visit[]>> {
  const visits = new Map<Environment, readonly Visit[]>();
  for (const [environment, visitor] of visitors) visits.set(environment, await visitor.stop());
  return visits;
}

/** Until it no longer throws; what it threw last is thrown in the end. */
async function eventually(check: () => Promise<void>): Promise<void> {
  let last: unknown;
  const attempt = () =>
    check().then(
      () => true,
      (error: unknown) => {
        last = error;
        return false;
      },
    );
  await waitUntil('everything runs as it should', attempt, { timeoutMs: settleMs, everyMs: 100 }).catch(
    () => {
      throw last;
    },
  );
}
