import type { Ingress, IngressStatus, RouteTable } from './ingress.ts';

/** A bound TCP socket in the hands of the agent, as an open file of its process. */
export interface HeldSocket {
  readonly fd: number;
  readonly port: number;
}

export interface IngressSockets {
  readonly http: HeldSocket;
  readonly https: HeldSocket | null;
}

/** How the agent gets an ingress to run. The agent owns the sockets, so that they outlive every ingress process. */
export interface IngressLauncher {
  /** Binds without accepting. Throws `port-taken` or `permission-denied`. */
  bind(address: string, port: number): HeldSocket & { close(): void };
  /**
   * Starts a process that outlives this one, inherits the sockets and serves this table from its first
   * connection on; resolves with its status once it serves. None may be running.
   */
  launch(sockets: IngressSockets, table: RouteTable, signal: AbortSignal): Promise<IngressStatus>;
  /** Talks to whichever ingress process runs at the moment. */
  readonly ingress: Ingress;
}
