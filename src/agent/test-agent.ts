import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type {
  AgentCallName,
  AgentRequest,
  AgentResponse,
  InstanceSpec,
  RouteSpec,
  TaskSpec,
} from '../api/agent.ts';
import { BlobStore } from '../artifacts/blob-store.ts';
import { LocalHost } from '../hosts/local/local-host.ts';
import { type Home, openHome } from '../system/home.ts';
import { identifyProcess } from '../system/process-identity.ts';
import { hasVariable, readProcessTable } from '../system/process-table.ts';
import type { AgentPoint } from './agent-deps.ts';

const main = fileURLToPath(new URL('test-agent-main.ts', import.meta.url));
const never = new AbortController().signal;

export const testEnvironment = 'shop/test';

/** A real agent process with a real ingress on a home of its own; disposing ends everything and removes it. */
export class TestAgent implements AsyncDisposable {
  readonly home: Home;
  readonly host: LocalHost;
  #child: ChildProcess | undefined;

  private constructor(root: string) {
    this.home = openHome(root);
    const blobs = new BlobStore(this.home.blobs);
    this.host = new LocalHost({ name: 'local', socketPath: this.home.agentSocket, blobs });
  }

  /** `failurePoint`: the first process ends itself there. */
  static async start(failurePoint?: AgentPoint): Promise<TestAgent> {
    const agent = new TestAgent(await mkdtemp(join(tmpdir(), 'agent-')));
    await agent.launch(failurePoint);
    // From here on the agent is brought back when it is killed.
    await agent.until(async () => (await agent.call('observe', { environment: null })).ingress !== null);
    return agent;
  }

  /** Starts the process and waits until it answers. */
  async launch(failurePoint?: AgentPoint): Promise<void> {
    this.#child = spawn(process.execPath, [main, this.home.root], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        TEST_PARENT: JSON.stringify(identifyProcess(process.pid)),
        ...(failurePoint === undefined ? {} : { TEST_FAILURE_POINT: failurePoint }),
      },
      detached: true,
    });
    const log = (data: Buffer): void => {
      if (process.env['TEST_AGENT_LOG']) appendFileSync(process.env['TEST_AGENT_LOG'], data);
    };
    this.#child.stdout?.on('data', log);
    this.#child.stderr?.on('data', log);
    await this.untilAnswers();
  }

  async untilAnswers(): Promise<void> {
    for (;;) {
      try {
        await this.call('observe', { environment: 'none/none' });
        return;
      } catch {
        if (this.#child?.exitCode !== null && this.#child?.signalCode === null)
          throw new Error('the agent ended');
        await sleep(20);
      }
    }
  }

  /** Whoever was started by the guardian is not our child: its lock tells when it has ended. */
  async untilEnded(): Promise<void> {
    while ((await readFile(this.home.agentLock).catch(() => undefined)) !== undefined) await sleep(10);
  }

  async pid(): Promise<number> {
    return (await this.call('observe', { environment: 'none/none' })).agent.pid;
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    const pid = await this.pid();
    process.kill(pid, 'SIGKILL');
    while (readProcessTable().get(pid)?.zombie === false) await sleep(5);
  }

  call<N extends AgentCallName>(name: N, request: AgentRequest<N>): Promise<AgentResponse<N>> {
    return this.host.call(name, request, never);
  }

  /** Puts a release in place whose tree holds these files; answers its digest. */
  async release(files: Readonly<Record<string, string>>): Promise<string> {
    const digest = createHash('sha256').update(JSON.stringify(files)).digest('hex');
    const directory = join(this.home.releases, digest);
    await mkdir(directory, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(directory, name), content, { mode: 0o755 });
    }
    return digest;
  }

  /** What the public gets on a path; waits as long as the ingress holds the request. */
  async visit(path: string, host = 'shop.localhost'): Promise<{ status: number; body: string }> {
    const { ingress } = await this.call('observe', { environment: 'none/none' });
    const port = ingress?.httpPort ?? 0;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, headers: { host }, agent: false } as const;
      request(options, (response) => {
        let body = '';
        response.on('data', (data: Buffer) => (body += data.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      })
        .on('error', reject)
        .end();
    });
  }

  async startInstance(spec: InstanceSpec): Promise<AgentResponse<'startInstance'>> {
    return this.call('startInstance', { fence: 1, spec });
  }

  async stopInstance(instance: string): Promise<void> {
    await this.call('stopInstance', { fence: 1, environment: testEnvironment, instance });
  }

  /** Status of an instance; throws when there is none. */
  async status(id: string): Promise<AgentResponse<'startInstance'>> {
    const { instances } = await this.call('observe', { environment: testEnvironment });
    const found = instances.find((instance) => instance.id === id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  async until(what: () => Promise<boolean>): Promise<void> {
    while (!(await what())) await sleep(20);
  }

  async logText(id: string): Promise<string> {
    return readFile(join(this.home.environments, testEnvironment, 'logs', `${id}.log`), 'utf8').catch(
      () => '',
    );
  }

  /** Text of a file in the directory of the environment. */
  environmentFile(name: string): Promise<string> {
    return readFile(join(this.home.environments, testEnvironment, name), 'utf8');
  }

  /** Processes of instances and tasks with this id, whoever is looking after them. */
  countProcesses(id: string): number {
    return [...readProcessTable().values()].filter(
      ({ pid, zombie }) => !zombie && hasVariable(pid, `MAINSTAY_INSTANCE=${id}`) && this.#isOurs(pid),
    ).length;
  }

  /** Other tests use the same ids on homes of their own. */
  #isOurs(pid: number): boolean {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(this.home.root);
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#child?.exitCode === null && this.#child.signalCode === null;
    const ending = ended && this.#child !== undefined ? once(this.#child, 'exit') : Promise.resolve();
    await this.call('shutdown', { instances: 'stop' }).catch(async () => {
      await this.launch();
      await this.call('shutdown', { instances: 'stop' });
    });
    await Promise.race([ending, sleep(5000)]);
    this.host.close();
    await this.untilEnded();
    await rm(this.home.root, { recursive: true, force: true });
  }
}

export function testInstance(release: string, changes: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    environment: testEnvironment,
    release,
    command: { kind: 'argv', argv: [process.execPath, 'server.js'] },
    variables: {},
    secrets: {},
    data: [],
    id: 'shop.test.web.1',
    service: 'web',
    ordinal: 0,
    port: { mode: 'auto', env: 'PORT' },
    health: { path: '/health', status: 200, timeoutMs: 10_000, intervalMs: 1000 },
    stop: { signal: 'SIGTERM', graceMs: 2000 },
    limits: { memoryBytes: null, cpus: null },
    restart: { policy: 'always', maxDelayMs: 5000 },
    ...changes,
  };
}

/** A route for `shop.localhost` to these instances. */
export function testRoute(instances: string[], changes: Partial<RouteSpec> = {}): RouteSpec {
  return {
    id: 'shop/test/web/',
    service: 'web',
    hosts: ['shop.localhost'],
    pathPrefix: '/',
    instances,
    tls: { mode: 'off' },
    health: null,
    holdMs: 10_000,
    maintenance: null,
    ...changes,
  };
}

export function testTask(release: string | null, line: string, changes: Partial<TaskSpec> = {}): TaskSpec {
  return {
    environment: testEnvironment,
    release,
    command: { kind: 'shell', line },
    variables: {},
    secrets: {},
    data: [],
    id: 'shop.test.task.1',
    title: 'release.before',
    timeoutMs: 60_000,
    limits: { memoryBytes: null, cpus: null },
    ...changes,
  };
}

/** A small server: `/health`, `/pid`, `/exit`, and every path says its own name. */
export const serverSource = `
const { createServer } = require('node:http');
const server = createServer((request, response) => {
  if (request.url === '/exit') process.exit(3);
  response.end(request.url === '/pid' ? String(process.pid) : 'hello from ' + request.url);
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening on', process.env.PORT));
process.on('SIGTERM', () => { console.log('stopping'); server.close(() => process.exit(0)); server.closeAllConnections(); });
`;
