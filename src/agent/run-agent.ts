import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireProcessLock } from '../system/process-lock.ts';
import { agentCallHandlers } from './agent-calls.ts';
import type { AgentDeps } from './agent-deps.ts';
import { EnvironmentDirectories } from './environments/environment-directories.ts';
import { EnvironmentStates } from './environments/environment-states.ts';
import { AgentServer, type StreamHandler } from './http/agent-server.ts';
import { blobStream } from './http/blob-stream.ts';
import { execStream } from './http/exec-stream.ts';
import { logStream } from './http/log-stream.ts';
import { IngressKeeper } from './ingress/ingress-keeper.ts';
import { planRoutes, type Reachable } from './ingress/plan-route-table.ts';
import { Instances } from './instances/instances.ts';
import { Jobs } from './jobs/jobs.ts';
import { boundFile } from './logs/bound-file.ts';
import { Logs } from './logs/logs.ts';
import { Tasks } from './tasks/tasks.ts';

const ownLogBytes = 8 * 1024 * 1024;

export interface AgentOptions extends AgentDeps {
  /** Called once, when calls are answered. */
  readonly onReady?: () => void;
}

/**
 * Runs the agent of this host until `signal` aborts or a call shuts it down. Instances and ingress go on when
 * it ends, unless that call said otherwise. Throws `state-locked` when another agent runs on the same home.
 */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const { home, clock, log } = options;
  for (const directory of [home.root, home.ingress, home.environments]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await using _lock = await acquireProcessLock(home.agentLock, 'the agent');
  const logs = new Logs(clock, log);
  const states = new EnvironmentStates(join(home.agentState, 'environments'));
  await states.load(log);
  const changed = (): Promise<void> => keeper.publish().catch(() => undefined);
  const instances = new Instances({
    ...options,
    logs,
    changed,
    directory: join(home.agentState, 'instances'),
  });
  const tasks = new Tasks({ ...options, logs, directory: join(home.agentState, 'tasks') });
  const jobs = new Jobs({ ...options, states, tasks });
  const keeper = new IngressKeeper({
    launcher: options.ingress,
    settings: home.settings,
    inheritedSockets: options.inheritedSockets,
    clock,
    log,
    routes: () => planRoutes(states.all, reachableInstances(instances)),
  });
  await instances.resume();
  await tasks.resume();
  keeper.start();
  const ending = Promise.withResolvers<void>();
  const parts = {
    instances,
    tasks,
    jobs,
    states,
    keeper,
    async shutdown(what: 'keep' | 'stop') {
      if (what === 'stop') await stopEverything(parts);
      await keeper.stop();
      // After the answer is on its way.
      setImmediate(ending.resolve);
    },
  };
  const directoryOf = (environment: string): string =>
    new EnvironmentDirectories(home.environments, environment).logs;
  const server = new AgentServer({
    socketPath: home.agentSocket,
    calls: agentCallHandlers(options, parts),
    streams: new Map<string, StreamHandler>([
      ['GET /v1/logs', logStream(logs, directoryOf)],
      ['POST /v1/blobs', blobStream(options.artifacts)],
      ['POST /v1/exec', execStream(instances)],
    ]),
    log,
  });
  await server.listen();
  jobs.start();
  const bounding = boundLogs(options);
  log('the agent is ready', { pid: process.pid, socket: home.agentSocket });
  options.onReady?.();
  signal.addEventListener('abort', () => ending.resolve(), { once: true });
  if (!signal.aborted) await ending.promise;
  clearInterval(bounding);
  await server.close();
  await jobs.stop();
  await tasks.detach();
  await instances.detach();
  await keeper.detach();
  log('the agent has ended', { pid: process.pid });
}

/** The logs of our own processes, which append to files that somebody opened for them. */
function boundLogs({ home, log }: AgentOptions): NodeJS.Timeout {
  const bound = (): void => {
    for (const path of [home.agentLog, home.controlLog, join(home.ingress, 'ingress.log')]) {
      boundFile(path, ownLogBytes).catch((error: unknown) =>
        log('a log could not be bounded', { path, error: String(error) }),
      );
    }
  };
  bound();
  return setInterval(bound, 3_600_000).unref();
}

/** Instances and tasks, and with the schedule what would start new ones. */
async function stopEverything({
  instances,
  tasks,
  jobs,
  states,
}: {
  readonly instances: Instances;
  readonly tasks: Tasks;
  readonly jobs: Jobs;
  readonly states: EnvironmentStates;
}): Promise<void> {
  for (const { environment } of states.all) await jobs.set(environment, []);
  await Promise.all(instances.all.map(({ spec }) => instances.stop(spec.id)));
  await tasks.stopAll(null, 'the host was shut down');
}

function reachableInstances(instances: Instances): Map<string, Reachable> {
  const reachable = new Map<string, Reachable>();
  for (const { spec, port, isReady } of instances.all) {
    if (isReady && port !== null) reachable.set(spec.id, { instance: spec.id, port, release: spec.release });
  }
  return reachable;
}
