import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** One GET through the ingress on a connection of its own. Rejects when there is no whole answer. */
export function visit(port: number, host: string, path: string, timeoutMs = 20_000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: { host: `${host}:${port}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      );
    });
    outgoing.end();
  });
}

/** A visit to the front page as the visitor remembers it. Times are those of `performance.now()`. */
export interface Visit {
  readonly startedAt: number;
  readonly endedAt: number;
  /** The version that answered well. */
  readonly version: string | null;
  /** `200`, `502`, or the code of the connection's error: `ECONNREFUSED`. */
  readonly result: string;
}

/** Visits the front page steadily, whether or not earlier visits were answered. */
export class Visitor {
  readonly visits: Visit[] = [];
  readonly #port: number;
  readonly #host: string;
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();

  constructor(port: number, host: string, everyMs: number) {
    this.#port = port;
    this.#host = host;
    this.#timer = setInterval(() => this.#visit(), everyMs).unref();
  }

  /** Resolves when the last visit has ended. */
  async stop(): Promise<readonly Visit[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    return this.visits;
  }

  #visit(): void {
    const startedAt = performance.now();
    const note = (version: string | null, result: string): void => {
      this.visits.push({ startedAt, endedAt: performance.now(), version, result });
    };
    const done = visit(this.#port, this.#host, '/')
      .then(({ status, body }) => note(status === 200 ? versionIn(body) : null, String(status)))
      .catch((error: NodeJS.ErrnoException) => note(null, error.code ?? error.name))
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }
}

function versionIn(body: string): string | null {
  try {
    const document = JSON.parse(body) as { version?: unknown };
    return typeof document.version === 'string' ? document.version : null;
  } catch {
    return null;
  }
}
