import type { Clock } from '../core/units.ts';
import type { IngressLauncher } from '../ingress/ingress-launcher.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { Home } from '../system/home.ts';

/** Encrypts what lies in state files. `context` must be the same again to open it: a sealed text cannot be moved elsewhere. */
export interface Sealer {
  seal(plaintext: string, context: string): string;
  /** Throws `state-corrupt` when the text was changed, or sealed for another context or by another key. */
  unseal(sealed: string, context: string): string;
}

/** Blobs and release trees of this host. */
export interface HostArtifacts {
  missing(digests: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Stores a blob, verified while it is written. */
  put(
    blob: { readonly digest: string; readonly size: number },
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Unpacks a release whose blobs are there. */
  stage(
    release: string,
    signal: AbortSignal,
  ): Promise<{ readonly files: number; readonly bytes: number; readonly already: boolean }>;
  /** Digests of releases whose tree lies complete. */
  staged(): Promise<readonly string[]>;
  /** Removes trees, and blobs that nothing needs any more. */
  remove(releases: readonly string[], signal: AbortSignal): Promise<void>;
  /** Where the tree lies, or would lie. */
  treePath(release: string): string;
}

export interface AgentDeps {
  readonly home: Home;
  readonly version: string;
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly ingress: IngressLauncher;
  readonly artifacts: HostArtifacts;
  readonly sealer: Sealer;
  /** What every process gets beside its own variables: PATH, HOME, LANG, TZ. Never more of Mainstay's environment. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** Sockets that an earlier agent bound and the ingress kept, from `MAINSTAY_LISTEN_FDS`; empty: bind anew. */
  readonly inheritedSockets: readonly number[];
  /** Called at named instants at which a test may end the agent; may never come back. */
  readonly failurePoint?: AgentPointListener | undefined;
  /** For maintainers: a static message and fields. */
  readonly log: AgentLog;
}

/** Each lies right after something became durable or happened outside. */
export const agentPoints = [
  'agent.instance.intended',
  'agent.instance.started',
  'agent.instance.recorded',
  'agent.instance.stop-intended',
  'agent.instance.stopped',
  'agent.task.intended',
  'agent.task.started',
  'agent.task.ended',
  'agent.routes.stored',
  'agent.routes.applied',
] as const;

export type AgentPoint = (typeof agentPoints)[number];
export type AgentPointListener = (name: AgentPoint) => void | Promise<void>;

export type AgentLog = (message: string, fields?: Readonly<Record<string, unknown>>) => void;
