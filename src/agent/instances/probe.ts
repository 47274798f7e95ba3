import { connect } from 'node:net';
import { whereItLeads } from './where-it-leads.ts';

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { request } = process.getBuiltinModule('node:http');

export type ProbeResult =
  | { readonly ok: true }
  /** `refused`: nobody listens. The text says what happened, for a person. */
  | { readonly ok: false; readonly refused: boolean; readonly problem: string };

/** One answer to wait for; the whole health check has its own, longer bound. */
const answerMs = 5000;

/** Asks the health path once. Resolves whatever happens; a redirect is an answer like any other. */
export function probeHttp(
  port: number,
  health: { readonly path: string; readonly host?: string | undefined; readonly status: number },
  signal: AbortSignal,
): Promise<ProbeResult> {
  const what = `GET ${health.path}`;
  return new Promise((resolve) => {
    const failed = (problem: string, refused = false): void => resolve({ ok: false, refused, problem });
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path: health.path,
        headers: { host: health.host ?? `127.0.0.1:${port}` },
        agent: false,
        timeout: answerMs,
        signal,
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        if (statusCode === health.status) resolve({ ok: true });
        else
          failed(
            `${what} answered ${statusCode}${whereItLeads(response.headers.location)}, wanted ${health.status}`,
          );
        response.on('error', () => undefined);
        call.destroy();
      },
    );
    call.on('timeout', () => {
      failed(`${what} was not answered within ${answerMs / 1000} s`);
      call.destroy();
    });
    call.on('error', (error: NodeJS.ErrnoException) =>
      failed(
        error.code === 'ECONNREFUSED'
          ? `nothing listens on port ${port}`
          : `${what} failed: ${error.message}`,
        error.code === 'ECONNREFUSED',
      ),
    );
    call.end();
  });
}

/** Whether the port accepts a connection. */
export function probeTcp(port: number, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.setTimeout(answerMs);
    socket.on('connect', () => {
      resolve({ ok: true });
      socket.destroy();
    });
    const failed = (problem: string): void => {
      resolve({ ok: false, refused: true, problem });
      socket.destroy();
    };
    socket.on('timeout', () =>
      failed(`port ${port} did not accept a connection within ${answerMs / 1000} s`),
    );
    socket.on('error', () => failed(`nothing listens on port ${port}`));
  });
}
