import type { CliIo, OutputStream } from '../../src/cli/cli-io.ts';
import type { CliRoles } from '../../src/cli/roles.ts';
import { instant, millis } from '../../src/core/units.ts';

export interface FakeOptions {
  /** Columns of a terminal; without it the streams are no terminal. */
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Record<string, string>;
  readonly directory?: string;
  readonly input?: string;
  readonly inputIsTerminal?: boolean;
}

/** Streams, variables and Ctrl-C as a command sees them, and what it wrote. */
export class FakeTerminal implements CliIo {
  readonly environment: Record<string, string>;
  readonly directory: string;
  readonly program = '/usr/bin/mainstay';
  readonly stdin;
  readonly stdout;
  readonly stderr;
  out = '';
  err = '';
  readonly #interrupts = new Set<() => void>();

  constructor(options: FakeOptions = {}) {
    this.environment = { PATH: '/usr/bin', LANG: 'C.UTF-8', USER: 'ada', ...options.environment };
    this.directory = options.directory ?? '/';
    this.stdin = {
      isTTY: options.inputIsTerminal === true,
      async *[Symbol.asyncIterator]() {
        yield Buffer.from(options.input ?? '');
      },
    };
    const stream = (write: (text: string) => void): OutputStream & { columns?: number | undefined } => ({
      isTTY: options.columns !== undefined,
      columns: options.columns,
      rows: options.rows ?? 24,
      write: (text: string | Uint8Array) => {
        write(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'));
        return true;
      },
      on: () => undefined,
      off: () => undefined,
    });
    this.stdout = stream((text) => {
      this.out += text;
    });
    this.stderr = stream((text) => {
      this.err += text;
    });
  }

  onInterrupt(listener: () => void): () => void {
    this.#interrupts.add(listener);
    return () => this.#interrupts.delete(listener);
  }

  /** As Ctrl-C; tells whether somebody listened. */
  interrupt(): boolean {
    for (const listener of this.#interrupts) listener();
    return this.#interrupts.size > 0;
  }
}

/** Roles for a control plane that a test brings along. The clock stands still. */
export function fakeRoles(controlSocket: string, more: Partial<CliRoles> = {}): CliRoles {
  return {
    version: '0.1.0',
    clock: { now: () => instant(1_700_000_600_000), monotonic: () => millis(0) },
    locateHome: (directory) => ({
      root: directory ?? '/var/lib/mainstay',
      controlSocket,
      controlLog: '/var/lib/mainstay/control/control.log',
      agentLog: '/var/lib/mainstay/agent/agent.log',
      key: '/var/lib/mainstay/key',
    }),
    ensureControl: () => Promise.reject(new Error('The test has no control plane to start.')),
    serve: () => Promise.resolve(0),
    agent: () => Promise.resolve(0),
    ...more,
  };
}
