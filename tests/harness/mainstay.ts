import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlClient } from '../../src/client/control-client.ts';
import { type Home, openHome } from '../../src/system/home.ts';
import { freePort } from './free-port.ts';
import { assertNoneLeft, killAll, type OwnedProcess, processesOf, type Role } from './owned-processes.ts';
import {
  assertExit,
  type CommandOptions,
  type Ended,
  type RunningCommand,
  startCommand,
} from './run-command.ts';
import { type Answer, visit } from './visitor.ts';
import { waitUntil } from './wait-until.ts';

const program = join(import.meta.dirname, '..', '..', 'bin', 'mainstay');
const endMs = 15_000;

export interface MainstayOptions {
  /** Where the home is made; a small file system, for instance. */
  readonly parent?: string;
  /** False for a home that no control plane can start in: then its processes are simply killed at the end. */
  readonly canStart?: boolean;
}

/** A Mainstay of a test's own: a home and ports that nobody else has. Nothing runs until the first command. */
export class Mainstay implements AsyncDisposable {
  /** Holds the home and the sources of applications; removed at the end. */
  readonly directory: string;
  readonly home: Home;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly control: ControlClient;
  canStart: boolean;

  constructor(directory: string, ports: readonly [http: number, https: number], canStart: boolean) {
    this.directory = directory;
    this.home = openHome(join(directory, 'home'));
    [this.httpPort, this.httpsPort] = ports;
    this.control = new ControlClient({ socketPath: this.home.controlSocket });
    this.canStart = canStart;
  }

  /** The environment of a person's shell, and nothing of this test's. */
  environment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.directory,
      TMPDIR: process.env['TMPDIR'],
      LANG: 'C.UTF-8',
      USER: 'tester',
      MAINSTAY_HOME: this.home.root,
      ...extra,
    };
  }

  start(args: readonly string[], { environment, ...options }: CommandOptions = {}): RunningCommand {
    const directory = options.directory ?? this.directory;
    return startCommand(program, args, { ...options, directory, environment: this.environment(environment) });
  }

  run(args: readonly string[], options?: CommandOptions): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Runs a command that must end well; resolves to what it printed. */
  async ok(args: readonly string[], options?: CommandOptions): Promise<string> {
    const ended = await this.run(args, options);
    assertExit(ended, 0);
    return ended.stdout;
  }

  /** Runs a command with `--json` that must end well. */
  async json(args: readonly string[], options?: CommandOptions): Promise<any> {
    // `any`: each test reads the few fields that it asserts on.
    return JSON.parse(await this.ok([...args, '--json'], options));
  }

  visit(host: string, path = '/'): Promise<Answer> {
    return visit(this.httpPort, host, path);
  }

  /** The version that visitors of this domain see now. */
  async version(host: string): Promise<string> {
    const { status, body } = await this.visit(host);
    assert.equal(status, 200, `${host} answered ${status}: ${body.slice(0, 300)}`);
    return (JSON.parse(body) as { version: string }).version;
  }

  processes(): OwnedProcess[] {
    return processesOf(this.home.root);
  }

  /** The one process of a role, or undefined. */
  pid(role: Role): number | undefined {
    return this.processes().find((candidate) => candidate.role === role)?.pid;
  }

  /** Ends everything, sees that it is gone, and removes the home. Throws when something was left running. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.canStart) killAll(this.home.root);
      else if (this.processes().length > 0) await this.#end();
      await assertNoneLeft(this.home.root, endMs);
    } finally {
      killAll(this.home.root);
      await rm(this.directory, { recursive: true, force: true });
    }
  }

  /** Ends the control plane, with `stop` everything else too; resolves when it has ended. */
  async shutDown(instances: 'keep' | 'stop'): Promise<void> {
    await this.control.call('shutdown', { body: { instances } });
    await waitUntil('the control plane has ended', () => this.pid('control') === undefined);
  }

  async #end(): Promise<void> {
    // Starts a control plane when there is none, as for a person whose machine lost it.
    await this.ok(['status']);
    await this.shutDown('stop');
  }
}

export async function startMainstay(options: MainstayOptions = {}): Promise<Mainstay> {
  const directory = await mkdtemp(join(options.parent ?? tmpdir(), 'm-'));
  const ports = [await freePort(), await freePort()] as const;
  const mainstay = new Mainstay(directory, ports, options.canStart ?? true);
  await mkdir(mainstay.home.root, { mode: 0o700 });
  const ingress = { address: '127.0.0.1', httpPort: ports[0], httpsPort: ports[1] };
  await writeFile(mainstay.home.settings, `${JSON.stringify({ ingress })}\n`);
  return mainstay;
}
