import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../core/failure.ts';
import type { IngressStatus } from '../ingress.ts';
import { EmbeddedIngress } from './embedded-ingress.ts';
import type { GuardianOptions, IngressOptions } from './ingress-options.ts';
import { writeIngressOptions } from './ingress-options.ts';

/** A bound socket in the hands of the caller, as an open file of its process. */
export interface HeldSocket {
  readonly fd: number;
  readonly port: number;
}

export interface LaunchOptions {
  /**
   * What to run; the path of the options file is appended. It must call `runIngress` with
   * `readIngressOptions(path)`, and abort its signal on SIGTERM.
   */
  readonly argv: readonly string[];
  /** Holds the options file, the access log, certificates and the log of the process. */
  readonly directory: string;
  readonly adminSocket: string;
  readonly routesFile: string;
  readonly http: HeldSocket;
  readonly https: HeldSocket | null;
  readonly trustedProxies: readonly string[];
  readonly guardian: GuardianOptions | null;
}

const waitMs = 20;

/**
 * Starts an ingress process that outlives the caller and inherits the sockets; resolves with its status once it
 * serves. An ingress that was running before must have been told to stop.
 */
export async function launchIngress(options: LaunchOptions, signal: AbortSignal): Promise<IngressStatus> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const optionsFile = join(options.directory, 'options.json');
  await writeIngressOptions(optionsFile, processOptions(options));
  const [program, ...rest] = options.argv;
  if (program === undefined)
    throw new Failure('usage-invalid', 'Cannot start the ingress: nothing to run was given.');
  const logFile = join(options.directory, 'ingress.log');
  const log = await open(logFile, 'a', 0o600);
  try {
    const sockets = [options.http.fd, ...(options.https === null ? [] : [options.https.fd])];
    const child = spawn(program, [...rest, optionsFile], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...sockets],
    });
    await Promise.race([
      once(child, 'spawn', { signal }),
      once(child, 'error').then(([error]) => Promise.reject(error as Error)),
    ]);
    child.unref();
    const { pid } = child;
    return await serving(
      options.adminSocket,
      pid ?? 0,
      () => child.exitCode ?? child.signalCode,
      logFile,
      signal,
    );
  } finally {
    await log.close();
  }
}

function processOptions(options: LaunchOptions): IngressOptions {
  return {
    directory: options.directory,
    adminSocket: options.adminSocket,
    routesFile: options.routesFile,
    http: { fd: 3, port: options.http.port },
    https: options.https === null ? null : { fd: 4, port: options.https.port },
    trustedProxies: options.trustedProxies,
    guardian: options.guardian,
  };
}

async function serving(
  adminSocket: string,
  pid: number,
  ended: () => number | string | null,
  logFile: string,
  signal: AbortSignal,
): Promise<IngressStatus> {
  const ingress = new EmbeddedIngress(adminSocket);
  for (;;) {
    const how = ended();
    if (how !== null) {
      throw new Failure(
        'internal',
        `The ingress ended while it was starting (${how}). Its log is ${logFile}.`,
        { retryable: true },
      );
    }
    try {
      await access(adminSocket);
      const status = await ingress.status(signal);
      if (status.pid === pid) return status;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await sleep(waitMs, undefined, { signal });
  }
}
