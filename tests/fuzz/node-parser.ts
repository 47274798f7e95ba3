import { METHODS } from 'node:http';
import { createRequire } from 'node:module';

/** The parser of Node's own HTTP server, without any of its lenient flags. */
interface NativeParser {
  initialize(type: number, resource: object): void;
  execute(data: Buffer): number | Error;
  finish(): number | Error | undefined;
  [callback: number]: unknown;
}

interface NativeParserClass {
  new (): NativeParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser } = createRequire(import.meta.url)('_http_common') as {
  readonly HTTPParser: NativeParserClass;
};

/** The parser tells methods as numbers that nothing public names, so each is asked for. */
const methodNames = new Map<number, string>();
for (const method of METHODS) {
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {});
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    _fields: unknown,
    number: number,
  ): number => {
    methodNames.set(number, method);
    return 0;
  };
  parser.execute(Buffer.from(`${method} ${method === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\nHost: a\r\n\r\n`));
}

/** A message as Node understood it. */
export interface NodeMessage {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Name, value, name, value … */
  readonly fields: readonly string[];
  readonly upgrade: boolean;
  readonly keepAlive: boolean;
  body: string;
  complete: boolean;
}

export interface NodeReading {
  readonly messages: readonly NodeMessage[];
  readonly failed: boolean;
}

/** What Node's strict parser makes of these bytes, up to the first thing that it refuses. */
export function readWithNode(type: 'request' | 'response', data: Buffer): NodeReading {
  const parser = new HTTPParser();
  const messages: NodeMessage[] = [];
  let early: string[] = [];
  let earlyUrl = '';
  parser.initialize(type === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {});
  // More than 32 fields come in several calls.
  parser[HTTPParser.kOnHeaders] = (fields: string[], url: string): void => {
    early = early.concat(fields);
    earlyUrl += url;
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    fields: string[] | undefined,
    method: number | undefined,
    url: string | undefined,
    status: number | undefined,
    _reason: string | undefined,
    upgrade: boolean,
    keepAlive: boolean,
  ): number => {
    messages.push({
      method: method === undefined ? '' : (methodNames.get(method) ?? ''),
      url: url ?? earlyUrl,
      status: status ?? 0,
      fields: fields ?? early,
      upgrade,
      keepAlive,
      body: '',
      complete: false,
    });
    early = [];
    earlyUrl = '';
    return 0;
  };
  parser[HTTPParser.kOnBody] = (chunk: Buffer): void => {
    const message = messages.at(-1);
    if (message !== undefined) message.body += chunk.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = (): void => {
    const message = messages.at(-1);
    if (message !== undefined) message.complete = true;
    // Trailers arrive as late fields; they are none of the next message's.
    early = [];
    earlyUrl = '';
  };
  const result = parser.execute(data);
  return { messages, failed: result instanceof Error };
}
