import type { IncomingMessage, RequestOptions } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { whereItLeads } from '../instances/where-it-leads.ts';

export interface HttpCheck {
  readonly path: string;
  readonly status: number;
  readonly contains: string | null;
}

export interface CheckTarget {
  readonly address: string;
  readonly port: number;
  /** Value of the Host field, and the name that a certificate must carry. */
  readonly host: string;
  readonly tls: boolean;
}

export interface CheckOutcome {
  readonly passed: boolean;
  readonly reason: string;
}

const longestBody = 5 * 1024 * 1024;

/** Certificate errors that say nothing against the service: a private authority is the operator's choice. */
const privateAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
]);

/** Makes one request and judges the answer. Resolves whatever happens; the reason is for a person. */
export async function httpCheck(
  target: CheckTarget,
  check: HttpCheck,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const startedAt = performance.now();
  const bound = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await get(target, check.path, bound);
    const certificate = target.tls
      ? certificateProblem(response.socket as TLSSocket, target.host)
      : undefined;
    const body = await readBody(response, check.contains !== null);
    if (certificate !== undefined)
      return { passed: false, reason: `the certificate is refused: ${certificate}` };
    return judge(response, body, check, Math.round(performance.now() - startedAt));
  } catch (error) {
    signal.throwIfAborted();
    if (bound.aborted)
      return { passed: false, reason: `GET ${check.path} took longer than ${timeoutMs / 1000} s` };
    return {
      passed: false,
      reason: `GET ${check.path} failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function judge(response: IncomingMessage, body: string, check: HttpCheck, ms: number): CheckOutcome {
  const { statusCode = 0, headers } = response;
  if (statusCode !== check.status) {
    return {
      passed: false,
      reason: `GET ${check.path} answered ${statusCode}${whereItLeads(headers.location)}, wanted ${check.status}`,
    };
  }
  if (check.contains !== null && !body.includes(check.contains)) {
    return { passed: false, reason: `GET ${check.path} does not contain ${JSON.stringify(check.contains)}` };
  }
  return { passed: true, reason: `${statusCode} in ${ms} ms` };
}

function get(target: CheckTarget, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule(target.tls ? 'node:https' : 'node:http');
  const options: RequestOptions & { servername?: string; rejectUnauthorized?: boolean } = {
    host: target.address,
    port: target.port,
    path,
    agent: false,
    signal,
    headers: { 'host': target.host, 'user-agent': 'mainstay-check' },
    ...(target.tls ? { servername: target.host.replace(/:\d+$/, ''), rejectUnauthorized: false } : {}),
  };
  return new Promise((resolve, reject) => {
    request(options, resolve).on('error', reject).end();
  });
}

/** Expired or made for another name is wrong whoever signed it. */
function certificateProblem(socket: TLSSocket, host: string): string | undefined {
  const { authorizationError } = socket;
  // Typed as an Error, but it is the code.
  const code = String(authorizationError ?? '');
  if (
    !socket.authorized &&
    code !== '' &&
    !privateAuthority.has(code) &&
    code !== 'ERR_TLS_CERT_ALTNAME_INVALID'
  ) {
    return code;
  }
  const certificate = socket.getPeerCertificate();
  const names = (certificate.subjectaltname ?? '').split(', ').map((name) => name.replace(/^DNS:/, ''));
  const wanted = host.replace(/:\d+$/, '');
  const matches = names.some(
    (name) =>
      name === wanted || (name.startsWith('*.') && wanted.slice(wanted.indexOf('.')) === name.slice(1)),
  );
  return matches ? undefined : `it is made for ${names.join(', ') || 'no name'}, not for ${wanted}`;
}

async function readBody(response: IncomingMessage, wanted: boolean): Promise<string> {
  if (!wanted) {
    response.resume();
    response.destroy();
    return '';
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= longestBody) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
