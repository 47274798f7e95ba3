import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure, type FailureDocument, failureFromDocument } from '../core/failure.ts';
import { readyVariable } from './report-ready.ts';

/** The descriptor on which a role that was started in the background says that it is ready, or why not. */
const readyDescriptor = 3;
const ready = 'ready';

export interface SpawnRole {
  /** `control plane`, `agent`: stands in messages. */
  readonly what: string;
  readonly argv: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly log: string;
  readonly timeoutMs: number;
}

/**
 * Starts one of our own programs detached from this one and resolves when it says that it is ready. Throws
 * the failure that it reports, or `timeout` when it says nothing.
 */
export async function spawnRole(role: SpawnRole, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(role.log), { recursive: true, mode: 0o700 });
  await using log = await open(role.log, 'a', 0o600);
  const [program, ...args] = role.argv;
  if (program === undefined) throw new Error('a role needs a program');
  const child = spawn(program, args, {
    // It outlives the directory that the command was typed in.
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
    env: { ...role.environment, [readyVariable]: String(readyDescriptor) },
  });
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by === null ? `it ended with code ${code}` : `${by} ended it`));
  });
  // The fourth entry of stdio above is a pipe from the child.
  const pipe = child.stdio[readyDescriptor] as Readable;
  try {
    const word = await firstWord(pipe, AbortSignal.any([signal, AbortSignal.timeout(role.timeoutMs)]));
    if (word === ready) return;
    throw await startFailure(role, word, gone);
  } finally {
    pipe.destroy();
    child.unref();
    child.removeAllListeners();
    child.on('error', () => undefined);
  }
}

/** What the role wrote, up to its end or the first line. Undefined when it took too long. */
async function firstWord(pipe: Readable, signal: AbortSignal): Promise<string | undefined> {
  let text = '';
  const stop = () => pipe.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of pipe) {
      text += String(chunk);
      if (text.includes('\n')) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return text.split('\n')[0] ?? '';
}

async function startFailure(
  role: SpawnRole,
  word: string | undefined,
  gone: Promise<string>,
): Promise<Failure> {
  if (word === undefined)
    return new Failure('timeout', `The ${role.what} did not get ready within ${role.timeoutMs / 1000} s.`, {
      hint: `Its log is ${role.log}.`,
      retryable: true,
    });
  const reported = parseFailure(word);
  if (reported !== undefined) return reported;
  const tail = (await readFile(role.log, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
  return new Failure('internal', `The ${role.what} ended while starting: ${await gone}.\n${tail}`, {
    hint: `Its log is ${role.log}.`,
  });
}

function parseFailure(word: string): Failure | undefined {
  try {
    const document = JSON.parse(word) as FailureDocument;
    return typeof document.code === 'string' ? failureFromDocument(document) : undefined;
  } catch {
    return undefined;
  }
}
