import { OwnMainstay } from '../own-mainstay.ts';
import type { DeployClaim, Deployer } from './deployer.ts';

/** `mainstay deploy ENVIRONMENT` in the directory of the source. */
export class MainstayDeployer implements Deployer {
  readonly #mainstay: OwnMainstay;
  readonly #environment: string;
  #port = 0;
  #host = '';

  private constructor(mainstay: OwnMainstay, environment: string) {
    this.#mainstay = mainstay;
    this.#environment = environment;
  }

  static async open(environment: 'live' | 'timed'): Promise<MainstayDeployer> {
    return new MainstayDeployer(await OwnMainstay.open(), environment);
  }

  get port(): number {
    return this.#port;
  }

  get host(): string {
    return this.#host;
  }

  async deploy(directory: string, signal: AbortSignal): Promise<DeployClaim> {
    const result = await this.#mainstay.run(['deploy', this.#environment, '--json'], directory, signal);
    const outcome = outcomeIn(result.stdout) ?? `${result.stdout}${result.stderr}`.trim();
    if (this.#port === 0 && result.exitCode === 0) {
      const address = await this.#mainstay.address(`pulse/${this.#environment}`, signal);
      this.#port = address.port;
      this.#host = address.host;
    }
    return { exitCode: result.exitCode, outcome };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mainstay[Symbol.asyncDispose]();
  }
}

/** Outcome and failure code of the operation that `--json` prints. */
function outcomeIn(stdout: string): string | undefined {
  try {
    const operation = JSON.parse(stdout) as { outcome?: unknown; failure?: { code?: unknown } | null };
    if (typeof operation.outcome !== 'string') return undefined;
    const code = operation.failure?.code;
    return typeof code === 'string' ? `${operation.outcome} (${code})` : operation.outcome;
  } catch {
    return undefined;
  }
}
