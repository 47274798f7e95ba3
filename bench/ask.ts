import { request } from 'node:http';

export interface Asked {
  readonly status: number;
  readonly body: string;
}

export interface Question {
  readonly port: number;
  readonly path: string;
  readonly host?: string;
  readonly timeoutMs?: number;
}

/** One GET to 127.0.0.1 on a connection of its own. Rejects when there is no whole answer. */
export function ask(question: Question): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: question.port,
      path: question.path,
      agent: false,
      headers: question.host === undefined ? {} : { host: question.host },
      signal: AbortSignal.timeout(question.timeoutMs ?? 5000),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.end();
  });
}

/** The version that answers, or undefined when none does. */
export async function askVersion(port: number, host?: string): Promise<number | undefined> {
  try {
    const { status, body } = await ask({
      port,
      path: '/echo?nonce=probe',
      ...(host === undefined ? {} : { host }),
    });
    const document = JSON.parse(body) as { version?: unknown } | null;
    return status === 200 && typeof document?.version === 'number' ? document.version : undefined;
  } catch {
    return undefined;
  }
}
