import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/failure.ts';
import type { Home } from '../system/home.ts';
import { lockOwner } from '../system/process-lock.ts';
import { spawnRole } from '../system/spawn-role.ts';

const startMs = 30_000;
const pollMs = 20;

export interface StartAgentDeps {
  readonly home: Home;
  /** Runs the agent in the foreground; it must call `reportReady`. */
  readonly argv: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Has a running ingress start the agent, so that it gets the listening sockets; throws when none runs. */
  readonly spawnThroughIngress: (signal: AbortSignal) => Promise<void>;
}

/**
 * Makes sure that the agent of this machine runs, and resolves when it answers. `started` says whether it had
 * to be started. Throws what keeps it from starting.
 */
export async function ensureAgent(
  deps: StartAgentDeps,
  signal: AbortSignal,
): Promise<{ readonly started: boolean }> {
  const { home } = deps;
  if (await answers(home.agentSocket)) return { started: false };
  const starting = (await lockOwner(home.agentLock)) !== undefined;
  // An ingress that lives without an agent holds the listening sockets, which must not be lost.
  if (!starting && !(await throughIngress(deps, signal))) await spawnAgent(deps, signal);
  await untilAnswers(home, signal);
  return { started: true };
}

async function throughIngress(deps: StartAgentDeps, signal: AbortSignal): Promise<boolean> {
  if (!(await answers(deps.home.ingressSocket))) return false;
  return deps.spawnThroughIngress(signal).then(
    () => true,
    () => false,
  );
}

async function spawnAgent({ home, argv, environment }: StartAgentDeps, signal: AbortSignal): Promise<void> {
  try {
    await spawnRole({ what: 'agent', argv, environment, log: home.agentLog, timeoutMs: startMs }, signal);
  } catch (error) {
    // Two who start it at once: the other one's is as good.
    if (!(error instanceof Failure && error.code === 'state-locked')) throw error;
  }
}

async function untilAnswers(home: Home, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + startMs;
  while (!(await answers(home.agentSocket))) {
    if (performance.now() > deadline) {
      throw new Failure(
        'host-unreachable',
        `The agent of this machine does not answer at ${home.agentSocket}.`,
        {
          hint: `Its log is ${home.agentLog}.`,
          retryable: true,
        },
      );
    }
    await sleep(pollMs, undefined, { signal });
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
