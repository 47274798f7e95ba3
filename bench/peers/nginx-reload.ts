import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../free-ports.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import type { DeployClaim, Deployer } from './deployer.ts';
import { LocalInstance } from './local-instance.ts';
import { NginxProcess } from './nginx-process.ts';
import { runMigration } from './run-migration.ts';

const healthTimeoutMs = 4000;
/** As long as the slowest request takes, and a little. */
const drainMs = 12_000;

/**
 * The careful script around nginx: migrate, start the new release on other ports, wait for health, check, rewrite
 * the upstreams, reload, wait for the old requests, stop the old release. It does not look back after the reload.
 */
export class NginxReload implements Deployer {
  readonly port: number;
  readonly host = 'localhost';
  readonly #directory: TemporaryDirectory;
  readonly #nginx: NginxProcess;
  #serving: readonly LocalInstance[] = [];
  #starting: readonly LocalInstance[] = [];

  private constructor(program: string, directory: TemporaryDirectory, port: number) {
    this.#directory = directory;
    this.port = port;
    this.#nginx = new NginxProcess(program, directory.path, port);
  }

  static async open(program: string): Promise<NginxReload> {
    const [port = 0] = await freePorts(1);
    return new NginxReload(program, await temporaryDirectory('bench-nginx'), port);
  }

  async deploy(directory: string, signal: AbortSignal): Promise<DeployClaim> {
    if (!(await runMigration(directory))) return { exitCode: 1, outcome: 'failed' };
    const ports = await freePorts(2);
    this.#starting = ports.map((port) => new LocalInstance(directory, port));
    if (!(await this.#startingIsWell(signal))) {
      await stopAll(this.#starting);
      return { exitCode: 1, outcome: 'failed' };
    }
    const old = this.#serving;
    if (old.length === 0) await this.#nginx.start(ports);
    else await this.#nginx.reload(ports);
    this.#serving = this.#starting;
    this.#starting = old;
    if (old.length > 0) await sleep(drainMs, undefined, { signal });
    await stopAll(old);
    this.#starting = [];
    return { exitCode: 0, outcome: 'succeeded' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nginx[Symbol.asyncDispose]();
    for (const instance of [...this.#serving, ...this.#starting]) await instance[Symbol.asyncDispose]();
    await this.#directory[Symbol.asyncDispose]();
  }

  async #startingIsWell(signal: AbortSignal): Promise<boolean> {
    for (const instance of this.#starting) {
      if (!(await instance.becomesHealthy(healthTimeoutMs, signal))) return false;
      if (!(await instance.answersWell('/self-check'))) return false;
    }
    return true;
  }
}

async function stopAll(instances: readonly LocalInstance[]): Promise<void> {
  await Promise.all(instances.map((instance) => instance.stop()));
}
