import { execFile } from 'node:child_process';

/** Programs whose version can make one host behave unlike another. */
const programs: readonly (readonly [string, readonly string[]])[] = [
  ['node', ['--version']],
  ['python3', ['--version']],
  ['ruby', ['--version']],
  ['php', ['--version']],
  ['java', ['-version']],
  ['go', ['version']],
  ['bun', ['--version']],
  ['deno', ['--version']],
];

const answerMs = 5000;
const freshMs = 10 * 60_000;

/** Versions of the runtimes that are installed, asked for at most every ten minutes. */
export class ProgramVersions {
  readonly #searchPath: string;
  #asked: Promise<Record<string, string>> | undefined;
  #askedAt = 0;

  constructor(searchPath: string) {
    this.#searchPath = searchPath;
  }

  /** Answers with what is known while it asks anew. */
  async read(): Promise<Record<string, string>> {
    const now = performance.now();
    if (this.#asked === undefined || now - this.#askedAt > freshMs) {
      this.#askedAt = now;
      const known = this.#asked;
      const asking = this.#ask();
      if (known === undefined) this.#asked = asking;
      else void asking.then((versions) => (this.#asked = Promise.resolve(versions)));
    }
    return this.#asked ?? {};
  }

  async #ask(): Promise<Record<string, string>> {
    const found = await Promise.all(
      programs.map(async ([name, args]) => [name, await this.#version(name, args)] as const),
    );
    return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  #version(name: string, args: readonly string[]): Promise<string | undefined> {
    return new Promise((resolve) => {
      const options = { timeout: answerMs, env: { PATH: this.#searchPath }, encoding: 'utf8' } as const;
      execFile(name, args, options, (error, stdout, stderr) => {
        // Java tells its version on the error stream.
        const version = /\d+(?:\.\d+)+/.exec(stdout || stderr)?.[0];
        resolve(error === null ? version : undefined);
      });
    });
  }
}
