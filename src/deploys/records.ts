import type { InstanceSpec } from '../api/agent.ts';
import type { Host } from '../hosts/host.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { WorkContext } from '../operations/step.ts';

/** An instance as it stands in plans and records: names of secrets, never values. */
export type PlannedInstance = Omit<InstanceSpec, 'secrets'> & {
  readonly host: string;
  readonly secretNames: readonly string[];
};

/** A release as far as deploying it needs to know. */
export interface DeployableRelease {
  readonly digest: string;
  readonly number: number;
  readonly app: string;
  readonly manifest: Manifest;
}

/** What served, or serves, in an environment, with everything needed to serve it again. */
export interface Deployment {
  readonly id: string;
  readonly environment: string;
  readonly release: string;
  readonly configRevision: number;
  readonly operation: string;
  readonly instances: readonly PlannedInstance[];
  readonly startedAt: number;
}

/** The records that deploying reads and writes; the store implements it. */
export interface DeployRecords {
  release(digest: string): DeployableRelease;
  /** By number (`r7`) or the beginning of a digest; throws `not-found` or, when ambiguous, `usage-invalid`. */
  findRelease(app: string, reference: string): DeployableRelease;
  current(environment: string): Deployment | undefined;
  /** Newest first, without the current one: what a rollback may return to. */
  previous(environment: string): readonly Deployment[];
  maintenance(environment: string): { readonly message: string } | null;
  setMaintenance(environment: string, message: string | null, operation: string): void;
  configRevision(environment: string): number;
  /** `promote_from` by the newest manifest that is known of the app. */
  promotionSource(environment: string): string | null;
  /**
   * Makes this deployment the current one, ends the one before, and writes the evidence, in one transaction.
   * `passed` names the checks that the deploy saw pass, `forced` says why
   * it went there without being verified before. Idempotent by id.
   */
  recordDeployment(deployment: Deployment, passed: readonly string[], forced: string | null): void;
  /** The environment serves nothing any more. Idempotent. */
  recordDown(environment: string, operation: string): void;
  /** The environment is gone, and its configuration and secrets with it. Idempotent but for the evidence. */
  recordRemoved(environment: string, operation: string, data: 'keep' | 'destroy'): void;
  /** Every check of the environment passed for this release. */
  recordChecks(environment: string, release: string, passed: readonly string[]): void;
  /** Whether this release was deployed to and passed its checks in this environment; else why not. */
  verification(environment: string, release: string): { readonly verified: boolean; readonly reason: string };
}

/** Configuration of an environment as its processes receive it. */
export interface DeployConfiguration {
  /** Values set by the operator in this revision; they win over those of the manifest. */
  values(environment: string, revision: number): Readonly<Record<string, string>>;
  secretNames(environment: string, revision: number): readonly string[];
  /** Opens the secrets named; throws `config-invalid` naming those that are not set. */
  secrets(environment: string, revision: number, names: readonly string[]): Readonly<Record<string, string>>;
}

export type ReleaseSource = {
  readonly directory: string;
  readonly manifestFile: string;
  readonly manifestText: string;
  /** Build even when the same source was built before. */
  readonly fresh: boolean;
};

/** Turns source into releases; the feature `releases` implements it. */
export interface ReleaseBuilder {
  /** The same source and manifest give the same release. Secrets of the environment must not turn up in it. */
  build(context: WorkContext, environment: string, source: ReleaseSource): Promise<DeployableRelease>;
}

export interface DeployDeps {
  readonly hosts: { get(name: string): Host };
  readonly records: DeployRecords;
  readonly configuration: DeployConfiguration;
}
