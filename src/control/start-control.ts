import { createConnection } from 'node:net';
import type { Home } from '../system/home.ts';
import { spawnRole } from '../system/spawn-role.ts';

const startTimeoutMs = 20_000;

/**
 * Resolves when the control plane of this home takes connections, starting it in the background when it
 * does not. Of several that start it at once one wins; the others see it answer.
 */
export async function ensureControl(
  home: Home,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  if (await answers(home.controlSocket)) return;
  try {
    await spawnRole(
      {
        what: 'control plane',
        argv,
        environment: { ...environment, MAINSTAY_HOME: home.root },
        log: home.controlLog,
        timeoutMs: startTimeoutMs,
      },
      signal,
    );
  } catch (thrown) {
    // Another process may have been first: it holds the lock and is about to answer.
    if (!(await answersSoon(home.controlSocket, thrown, signal))) throw thrown;
  }
}

async function answersSoon(socket: string, thrown: unknown, signal: AbortSignal): Promise<boolean> {
  const locked = thrown instanceof Error && 'code' in thrown && thrown.code === 'state-locked';
  for (let tries = 0; locked && tries < 100 && !signal.aborted; tries += 1) {
    if (await answers(socket)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
