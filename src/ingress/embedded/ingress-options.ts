import { readFile } from 'node:fs/promises';
import { Failure } from '../../core/failure.ts';
import { writeFileDurably } from '../../system/durable-file.ts';

/** A bound socket that the ingress inherits as an open file. */
export interface InheritedSocket {
  readonly fd: number;
  readonly port: number;
}

/** How the ingress brings back an agent that died, together with the sockets. */
export interface GuardianOptions {
  /** JSON of the agent's `ProcessIdentity`. While there is no such file the agent is gone on purpose. */
  readonly identityFile: string;
  /** What to run; it inherits the sockets as files 3 and 4 and finds them in MAINSTAY_LISTEN_FDS. */
  readonly argv: readonly string[];
  /** Where its output goes. */
  readonly logFile: string;
}

/** What an ingress process is started with; plain data, so that it travels as a file. */
export interface IngressOptions {
  /** Holds the access log and the certificates. */
  readonly directory: string;
  readonly adminSocket: string;
  /** The route table survives here: the ingress writes it before it confirms `apply`, and reads it when it starts. */
  readonly routesFile: string;
  readonly http: InheritedSocket;
  readonly https: InheritedSocket | null;
  /** Addresses and CIDR blocks of proxies in front, whose X-Forwarded fields are believed. */
  readonly trustedProxies: readonly string[];
  readonly guardian: GuardianOptions | null;
}

export async function writeIngressOptions(path: string, options: IngressOptions): Promise<void> {
  await writeFileDurably(path, `${JSON.stringify(options, null, 2)}\n`);
}

/** Reads what `writeIngressOptions` wrote. */
export async function readIngressOptions(path: string): Promise<IngressOptions> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as IngressOptions;
  } catch (cause) {
    throw new Failure('state-corrupt', `Cannot start the ingress: its options ${path} cannot be read.`, {
      hint: 'Restart the agent; it writes them anew.',
      cause,
    });
  }
}
