import { freePorts } from '../free-ports.ts';
import type { DeployClaim, Deployer } from './deployer.ts';
import { LocalInstance } from './local-instance.ts';
import { runMigration } from './run-migration.ts';

const healthTimeoutMs = 4000;

/**
 * The plainest deploy script: stop the old release, migrate, start the new one on the same port, wait until it is
 * healthy, and start the old one again when it is not.
 */
export class StopThenStart implements Deployer {
  readonly port: number;
  readonly host = 'localhost';
  #directory: string | undefined;
  #instance: LocalInstance | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async open(): Promise<StopThenStart> {
    const [port = 0] = await freePorts(1);
    return new StopThenStart(port);
  }

  async deploy(directory: string, signal: AbortSignal): Promise<DeployClaim> {
    const old = this.#directory;
    await this.#instance?.stop();
    if (await this.#serves(directory, signal)) {
      this.#directory = directory;
      return { exitCode: 0, outcome: 'succeeded' };
    }
    await this.#instance?.stop();
    if (old !== undefined) await this.#start(old, signal);
    return { exitCode: 1, outcome: 'rolled back' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instance?.[Symbol.asyncDispose]();
  }

  async #serves(directory: string, signal: AbortSignal): Promise<boolean> {
    if (!(await runMigration(directory))) return false;
    const instance = await this.#start(directory, signal);
    return instance !== undefined && (await instance.answersWell('/self-check'));
  }

  async #start(directory: string, signal: AbortSignal): Promise<LocalInstance | undefined> {
    const instance = new LocalInstance(directory, this.port);
    this.#instance = instance;
    return (await instance.becomesHealthy(healthTimeoutMs, signal)) ? instance : undefined;
  }
}
