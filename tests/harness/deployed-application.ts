import { join } from 'node:path';
import { type ApplicationWish, domainOf, writeApplication } from './application.ts';
import type { Mainstay } from './mainstay.ts';
import type { CommandOptions, Ended, RunningCommand } from './run-command.ts';

type Change = Omit<ApplicationWish, 'app'>;

/** The source of one application in the hands of a test, and what a person does with it. */
export class Application {
  readonly name: string;
  readonly source: string;
  readonly #mainstay: Mainstay;

  constructor(mainstay: Mainstay, name: string) {
    this.#mainstay = mainstay;
    this.name = name;
    this.source = join(mainstay.directory, 'sources', name);
  }

  domain(environment: string): string {
    return domainOf(this.name, environment);
  }

  id(environment: string): string {
    return `${this.name}/${environment}`;
  }

  write(change: Change): Promise<void> {
    return writeApplication(this.source, { app: this.name, ...change });
  }

  /** Writes this version of the source and deploys it, whatever comes of it. */
  async deploy(environment: string, change: Change, args: readonly string[] = []): Promise<Ended> {
    await this.write(change);
    return this.run(['deploy', environment, ...args]);
  }

  async startDeploy(environment: string, change: Change): Promise<RunningCommand> {
    await this.write(change);
    return this.start(['deploy', environment]);
  }

  start(args: readonly string[], options: CommandOptions = {}): RunningCommand {
    return this.#mainstay.start(args, { ...options, directory: this.source });
  }

  /** Runs a command in the directory of the source. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
    return this.#mainstay.run(args, { ...options, directory: this.source });
  }

  ok(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return this.#mainstay.ok(args, { ...options, directory: this.source });
  }

  /** The version that visitors see. */
  version(environment: string): Promise<string> {
    return this.#mainstay.version(this.domain(environment));
  }
}
