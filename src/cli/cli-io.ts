/** A stream that may be a terminal; `process.stdout` is one. */
export interface OutputStream {
  write(text: string | Uint8Array): boolean;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  on(event: 'resize' | 'drain', listener: () => void): unknown;
  off(event: 'resize' | 'drain', listener: () => void): unknown;
}

export interface InputStream extends AsyncIterable<Uint8Array> {
  readonly isTTY?: boolean | undefined;
  setRawMode?(on: boolean): unknown;
  /** Ends reading, so that a program that is done does not wait for a person to type. */
  destroy?(): unknown;
}

/** The world as a command sees it; a test hands in its own. */
export interface CliIo {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly directory: string;
  /** Path of the program, as it was started. */
  readonly program: string;
  /**
   * Calls back at each Ctrl-C, and when the terminal or a service manager ends the program, until the returned
   * function is called. Without a listener the program ends at once.
   */
  onInterrupt(listener: () => void): () => void;
}

/** Resolves when a stream that answered `false` to a write can take more, so that memory stays bounded. */
export function drained(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => {
    const listener = (): void => {
      stream.off('drain', listener);
      resolve();
    };
    stream.on('drain', listener);
  });
}

/** The streams and signals of this process. */
export function processIo(): CliIo {
  return {
    // Getters, because opening standard input or error takes time that a short command does not have.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return quietAfterClose(process.stdout);
    },
    get stderr() {
      return quietAfterClose(process.stderr);
    },
    environment: process.env,
    directory: process.cwd(),
    program: process.argv[1] ?? 'mainstay',
    onInterrupt(listener) {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
  };
}

/** `mainstay logs … | head` closes the pipe when it has seen enough; that is no error. */
function quietAfterClose(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.listenerCount('error') === 0) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  return stream;
}
