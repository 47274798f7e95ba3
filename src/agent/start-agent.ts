import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/failure.ts';
import type { Home } from '../system/home.ts';
import { lockOwner } from '../system/process-lock.ts';
import { spawnRole } from '../system/spawn-role.ts';

const startMs = 30_000;
const pollMs = 20;

/**
 * Makes sure that the agent of this machine runs, and resolves when it answers. `argv` runs it in the
 * foreground and calls `reportReady`. `started` says whether it had to be started. Throws what keeps it from starting.
 */
export async function ensureAgent(
  home: Home,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly started: boolean }> {
  if (await answers(home.agentSocket)) return { started: false };
  const starting = (await lockOwner(home.agentLock)) !== undefined;
  // An ingress that lives without an agent holds the listening sockets, which must not be lost.
  if (!starting && !(await spawnThroughIngress(home, signal))) await spawnAgent(home, argv, signal);
  await untilAnswers(home, signal);
  return { started: true };
}

/** False when no ingress runs that could do it. */
function spawnThroughIngress(home: Home, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      socketPath: home.ingressSocket,
      method: 'POST',
      path: '/spawn-agent',
      agent: false,
      signal,
    };
    const call = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('error', () => resolve(false));
    call.end();
  });
}

async function spawnAgent(home: Home, argv: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    const role = { what: 'agent', argv, environment: process.env, log: home.agentLog, timeoutMs: startMs };
    await spawnRole(role, signal);
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
