import type { BlobStore } from '../artifacts/blob-store.ts';
import type { Clock } from '../core/units.ts';
import type { Host, Hosts } from '../hosts/host.ts';
import type { OperationsEngine } from '../operations/engine.ts';
import type { FailurePoints } from '../operations/failure-points.ts';
import type { OperationKind } from '../operations/step.ts';
import type { Store } from '../store/store.ts';
import type { Home } from '../system/home.ts';
import type { Sealer } from '../system/sealing.ts';
import type { ConfigurationService } from './configuration-service.ts';

/** What the composition root hands to the control plane. */
export interface ControlOptions {
  readonly home: Home;
  readonly version: string;
  readonly clock: Clock;
  readonly hosts: readonly Host[];
  /** Prepared by the control plane. */
  readonly blobs: BlobStore;
  readonly sealer: Sealer;
  /** Resolves when the agent of this machine answers, having started it when it did not. */
  readonly ensureAgent: (signal: AbortSignal) => Promise<void>;
  /** What build commands see of the machine. */
  readonly buildEnvironment: { readonly path: string; readonly variables: Readonly<Record<string, string>> };
  readonly failurePoints: FailurePoints | undefined;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** The parts of a running control plane. */
export interface Control {
  readonly hosts: Hosts;
  readonly store: Store;
  readonly engine: OperationsEngine;
  readonly configuration: ConfigurationService;
  readonly kinds: readonly OperationKind[];
  /** Disposed of before the agent is stopped on purpose. */
  readonly agentWatch: AsyncDisposable;
}
