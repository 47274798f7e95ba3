import type { z } from 'zod';
import type { OperationRequest } from '../api/control.ts';
import type {
  configSchema,
  differenceSchema,
  evidenceSchema,
  lifecycleItemSchema,
  releaseSchema,
} from '../api/shapes.ts';
import type { Clock } from '../core/units.ts';
import type { Host } from '../hosts/host.ts';
import type { OperationEvent } from '../operations/events.ts';
import type { OperationSummary, StepRecord } from '../operations/operation.ts';
import type { Plan } from '../operations/step.ts';
import type { Enqueued, OperationFilter } from '../operations/storage.ts';

/** What the handlers need of the engine and its journal. */
export interface OperationsService {
  enqueue(wish: {
    readonly request: OperationRequest;
    readonly idempotencyKey: string;
    readonly requestedBy: string;
  }): Promise<Enqueued>;
  /** Prepares as an operation would and throws the plan away afterwards; nothing is journaled. */
  plan(request: OperationRequest, signal: AbortSignal): Promise<Plan>;
  cancel(id: string, by: string): OperationSummary;
  /** By full id or an unambiguous beginning. */
  find(id: string): {
    readonly operation: OperationSummary;
    readonly plan: Plan | null;
    readonly steps: readonly StepRecord[];
  };
  list(filter: OperationFilter): readonly OperationSummary[];
  follow(id: string, after: number, signal: AbortSignal): AsyncIterable<OperationEvent>;
}

/** One environment as the store knows it. */
export interface EnvironmentRow {
  readonly id: string;
  readonly release: { readonly number: number; readonly digest: string } | null;
  readonly previousRelease: { readonly number: number; readonly digest: string } | null;
  readonly everDeployed: boolean;
  readonly deployedAt: number | null;
  readonly instances: readonly { readonly id: string; readonly host: string }[];
  readonly maintenance: { readonly message: string } | null;
  readonly lastOperation: OperationSummary | null;
  readonly configInForce: number | null;
  readonly configRevision: number;
}

export interface EnvironmentsService {
  /** All environments, or those of an app, in order of their ids. */
  overview(app: string | undefined): readonly EnvironmentRow[];
  /** Throws `not-found`. */
  get(id: string): EnvironmentRow;
  /** Number of a release by its digest, for views. */
  releaseNumber(digest: string): number | undefined;
}

export interface ConfigService {
  get(environment: string): z.input<typeof configSchema>;
  change(
    environment: string,
    change: {
      readonly set: Readonly<Record<string, string>>;
      readonly unset: readonly string[];
      readonly setSecrets: Readonly<Record<string, string>>;
      readonly unsetSecrets: readonly string[];
    },
    author: string,
  ): void;
}

export interface LifecycleService {
  board(app: string): Promise<readonly z.input<typeof lifecycleItemSchema>[]>;
  waive(
    app: string,
    waiver: { readonly item: string; readonly reason: string; readonly until: number },
  ): Promise<z.input<typeof lifecycleItemSchema>>;
  evidence(filter: {
    readonly subject: string | undefined;
    readonly limit: number;
  }): readonly z.input<typeof evidenceSchema>[];
  verify(
    head: string | null,
    signal: AbortSignal,
  ): Promise<{
    readonly intact: boolean;
    readonly records: number;
    readonly head: string | null;
    readonly problem: string | null;
  }>;
}

export interface ControlDeps {
  readonly version: string;
  readonly home: string;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly hosts: readonly Host[];
  readonly operations: OperationsService;
  readonly environments: EnvironmentsService;
  readonly config: ConfigService;
  readonly lifecycle: LifecycleService;
  releases(app: string): readonly z.input<typeof releaseSchema>[];
  compare(
    app: string,
    left: string,
    right: string,
    signal: AbortSignal,
  ): Promise<readonly z.input<typeof differenceSchema>[]>;
  /** Ends the control plane after the answer was sent; tells what stops and what stays. */
  shutdown(
    instances: 'keep' | 'stop',
    signal: AbortSignal,
  ): Promise<{ readonly stopped: string[]; readonly kept: string[] }>;
}
