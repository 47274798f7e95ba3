/** Something that puts releases of the application into service: Mainstay, or what people use without it. */
export interface Deployer extends AsyncDisposable {
  /** Where visitors come. */
  readonly port: number;
  readonly host: string;
  /** Puts the release in this directory into service, or finds that it must not be. Resolves with what it claims. */
  deploy(directory: string, signal: AbortSignal): Promise<DeployClaim>;
}

export interface DeployClaim {
  readonly exitCode: number;
  /** In a word, for the report: `succeeded`, `rolled back` … */
  readonly outcome: string;
}
