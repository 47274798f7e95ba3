import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromGenerator, LoadPlan, LoadResult, ToGenerator } from './load-plan.ts';

export interface RunningLoad extends AsyncDisposable {
  /** Sends nothing new, waits for what is in flight (up to 40 s), and tells what came of it all. */
  finish(): Promise<LoadResult>;
}

/** Starts the generator; resolves when the first requests are out. Disposing it ends it at once. */
export async function startLoad(plan: LoadPlan): Promise<RunningLoad> {
  const child = fork(join(import.meta.dirname, 'generator.ts'), { serialization: 'advanced' });
  await expectMessage(child, 'ready');
  tell(child, { type: 'start', plan });
  return {
    async finish() {
      const result = expectMessage(child, 'result');
      tell(child, { type: 'stop' });
      return (await result).result;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function tell(child: ChildProcess, message: ToGenerator): void {
  child.send(message);
}

function expectMessage<T extends FromGenerator['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<FromGenerator, { type: T }>> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`The load generator ended (${signal ?? code}).`)));
    child.on('message', (message: FromGenerator) => {
      if (message.type === type) resolve(message as Extract<FromGenerator, { type: T }>);
    });
  });
}
