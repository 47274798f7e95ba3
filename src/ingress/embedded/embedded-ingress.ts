import type { FailureDocument } from '../../core/failure.ts';
import { Failure, failureFromDocument } from '../../core/failure.ts';
import type { Millis } from '../../core/units.ts';
import type { DrainResult, Ingress, IngressStatus, RouteTable, TrafficStats } from '../ingress.ts';

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { request } = process.getBuiltinModule('node:http');

/** Asks an ingress process over its admin socket. */
export class EmbeddedIngress implements Ingress {
  readonly #socketPath: string;

  constructor(adminSocket: string) {
    this.#socketPath = adminSocket;
  }

  async apply(table: RouteTable, signal: AbortSignal): Promise<void> {
    await this.#call('PUT', '/routes', table, signal);
  }

  async drain(instances: readonly string[], timeoutMs: Millis, signal: AbortSignal): Promise<DrainResult> {
    return (await this.#call('POST', '/drain', { instances, timeoutMs }, signal)) as DrainResult;
  }

  async stats(signal: AbortSignal): Promise<readonly TrafficStats[]> {
    return (await this.#call('GET', '/stats', undefined, signal)) as readonly TrafficStats[];
  }

  async status(signal: AbortSignal): Promise<IngressStatus> {
    return (await this.#call('GET', '/status', undefined, signal)) as IngressStatus;
  }

  /** Has the ingress start an agent that inherits its sockets; throws `config-invalid` when it was told of none. */
  async spawnAgent(signal: AbortSignal): Promise<void> {
    await this.#call('POST', '/spawn-agent', undefined, signal);
  }

  async #call(method: string, path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const { status, text } = await this.#exchange(method, path, body, signal);
    const answer = JSON.parse(text) as unknown;
    if (status !== 200) throw failureFromDocument(answer as FailureDocument);
    return answer;
  }

  #exchange(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void =>
        reject(signal.aborted ? asError(signal.reason) : unreachable(this.#socketPath, cause));
      const call = request(
        { socketPath: this.#socketPath, method, path, agent: false, signal },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      call.on('error', fail);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function unreachable(path: string, cause: unknown): Failure {
  return new Failure('host-unreachable', `Cannot reach the ingress at ${path}.`, {
    hint: 'The agent starts it again within a second or two.',
    retryable: true,
    cause,
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
