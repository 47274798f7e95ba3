import type { Clock } from '../core/units.ts';

/** Where one Mainstay lies on this machine, as far as the command line needs to know. */
export interface HomeLocation {
  readonly root: string;
  readonly controlSocket: string;
  readonly controlLog: string;
  readonly agentLog: string;
  readonly key: string;
}

/** What the command line cannot do itself, because it needs the store, the engine or drivers. */
export interface CliRoles {
  readonly version: string;
  readonly clock: Clock;
  /** `directory`: what `--home` said; else the environment and the user decide. */
  locateHome(directory: string | undefined): HomeLocation;
  /**
   * Resolves when the control plane of this home answers, starting it when it does not. Throws a failure
   * that says why it cannot be started.
   */
  ensureControl(home: HomeLocation, signal: AbortSignal): Promise<void>;
  /** Runs the control plane in the foreground until a signal ends it; resolves to the exit code. */
  serve(home: HomeLocation): Promise<number>;
  /** Runs the agent in the foreground until a signal ends it; resolves to the exit code. */
  agent(home: HomeLocation): Promise<number>;
}
