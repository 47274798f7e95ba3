import type { Outcome } from '../operations/step.ts';
import type { EvidenceRecord } from './evidence.ts';

/**
 * What each kind of evidence holds. Stored for ever: a kind may gain optional members, and never changes or
 * loses one. None of them may hold a secret. A capability that adds a kind adds it here.
 */
export interface EvidenceKinds {
  // About an app.
  'release.built': {
    readonly release: string;
    readonly number: number;
    /** Digest of the source as it was built. */
    readonly source: string;
    readonly commit: string | null;
    readonly dirty: boolean;
    /** An earlier build of the same source was used again, so nothing was proved by it. */
    readonly cached: boolean;
  };
  'secrets.scanned': {
    readonly release: string;
    readonly findings: readonly { readonly path: string; readonly line: number; readonly kind: string }[];
  };
  'compare.run': {
    readonly left: string;
    readonly right: string;
    readonly differences: readonly { readonly what: string; readonly severity: 'high' | 'medium' | 'low' }[];
  };
  'waiver.set': {
    readonly item: string;
    readonly reason: string;
    readonly author: string;
    readonly until: number;
  };

  // About an environment.
  'operation.finished': {
    readonly operation: string;
    readonly kind: string;
    readonly outcome: Outcome;
    readonly summary: string | null;
    readonly failure: { readonly code: string; readonly message: string } | null;
    readonly durationMs: number;
  };
  /** Every check passed for this release; with an operation, its watch period as well. */
  'deploy.verified': {
    readonly release: string;
    readonly number: number;
    /** Names of the checks that passed. */
    readonly checks: readonly string[];
    readonly operation: string | null;
  };
  'verification.failed': { readonly release: string; readonly operation: string; readonly reason: string };
  'promotion.forced': { readonly release: string; readonly operation: string; readonly reason: string };
  'config.changed': {
    readonly revision: number;
    readonly author: string;
    readonly set: readonly string[];
    readonly unset: readonly string[];
    /** Names, never values. */
    readonly secretsSet: readonly string[];
    readonly secretsUnset: readonly string[];
  };
  'maintenance.changed': { readonly message: string | null; readonly operation: string };
  'environment.down': { readonly operation: string };
  'environment.removed': { readonly operation: string; readonly data: 'keep' | 'destroy' };

  // About a host.
  'host.observed': HostObserved;
}

export interface HostObserved {
  readonly os: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly diskTotalBytes: number;
  readonly diskFreeBytes: number;
  /** Versions of the programs found: `{ node: '24.21.0' }`. */
  readonly runtimes: Readonly<Record<string, string>>;
  readonly ingress: {
    readonly address: string;
    readonly httpPort: number;
    readonly httpsPort: number;
  } | null;
  /** Instances that other machines can reach past the ingress; null where that cannot be seen. */
  readonly exposed: readonly { readonly instance: string; readonly port: number }[] | null;
}

export type EvidenceKind = keyof EvidenceKinds;

/** A record whose kind is known. */
export interface Proof<K extends EvidenceKind> extends Omit<EvidenceRecord, 'kind' | 'data'> {
  readonly kind: K;
  readonly data: EvidenceKinds[K];
}
