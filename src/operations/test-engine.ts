import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { Json } from '../core/json.ts';
import { type Clock, instant, millis } from '../core/units.ts';
import { openStore, type Store } from '../store/store.ts';
import { type EngineDeps, OperationsEngine } from './engine.ts';
import type { OperationEvent } from './events.ts';
import type { FailurePoints } from './failure-points.ts';
import type { OperationRecord } from './operation.ts';
import type { OperationKind, Plan, PlannedStep, StepKind, WorkContext } from './step.ts';
import type { LeaseOwner } from './storage.ts';

export const clock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => millis(performance.now()),
};

/** Processes that a test plays: alive until it says otherwise. */
export class Owners {
  readonly #dead = new Set<number>();
  #next = 1;

  make(): LeaseOwner {
    this.#next += 1;
    return { pid: this.#next, startedAt: 'test' };
  }

  kill(owner: LeaseOwner): void {
    this.#dead.add(owner.pid);
  }

  readonly isAlive = (owner: LeaseOwner): boolean => !this.#dead.has(owner.pid);
}

export interface Bench {
  readonly store: Store;
  readonly path: string;
  readonly owners: Owners;
  readonly bugs: unknown[];
  engine(deps?: Partial<EngineDeps>): OperationsEngine;
}

/** A store in a directory of its own, and engines over it that all end with the test. */
export async function openBench(context: TestContext): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), 'mainstay-engine-'));
  const path = join(directory, 'mainstay.db');
  const owners = new Owners();
  const store = await openStore({ path, clock, isOwnerAlive: owners.isAlive });
  const engines: OperationsEngine[] = [];
  const bugs: unknown[] = [];
  context.after(async () => {
    await Promise.all(engines.map((engine) => engine.stop()));
    store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const engine = (deps: Partial<EngineDeps> = {}): OperationsEngine => {
    const made = new OperationsEngine({
      store: store.operations,
      clock,
      owner: owners.make(),
      operationKinds: [],
      stepKinds: [],
      onBug: (error) => void bugs.push(error),
      ...deps,
      settings: { retryDelaysMs: [1, 1, 1], journalRetryMs: 5, leaseMs: 60, stopMs: 20, ...deps.settings },
    });
    engines.push(made);
    return made;
  };
  return { store, path, owners, bugs, engine };
}

/** What a step did, in the order in which it did it. */
export class Diary {
  readonly lines: string[] = [];

  write(line: string): void {
    this.lines.push(line);
  }

  of(prefix: string): string[] {
    return this.lines.filter((line) => line.startsWith(prefix));
  }
}

/** A step kind that writes what it does into a diary; `behaviour` may throw or wait by the step's id. */
export function diaryStep(
  diary: Diary,
  behaviour: Partial<Record<string, (context: WorkContext) => Promise<Json> | Json>> = {},
): StepKind<{ readonly name: string }> {
  const act = async (what: string, context: WorkContext, name: string): Promise<Json> => {
    diary.write(`${what} ${name}`);
    return (await behaviour[`${what} ${name}`]?.(context)) ?? `${what} ${name}`;
  };
  return {
    kind: 'diary',
    execute: (context, input) => act('do', context, input.name),
    compensate: async (context, input) => void (await act('undo', context, input.name)),
  };
}

export function planned(name: string, wave: number, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    id: name,
    kind: 'diary',
    title: `Do ${name}`,
    wave,
    input: { name },
    onFailure: 'compensate',
    ...more,
  };
}

/** An operation kind whose plan is the same whatever it is asked. */
export function fixedPlan(steps: readonly PlannedStep[], more: Partial<OperationKind> = {}): OperationKind {
  return {
    kind: 'deploy',
    prepare: async (): Promise<Plan> => ({ summary: 'A plan', steps, facts: null }),
    ...more,
  };
}

export const request = (key: string, environment = 'shop/staging', input: Json = {}) => ({
  kind: 'deploy',
  environment,
  idempotencyKey: key,
  input,
  requestedBy: 'tester',
});

/** Follows an operation to its end. */
export async function followToEnd(engine: OperationsEngine, operation: string): Promise<OperationEvent[]> {
  const events: OperationEvent[] = [];
  for await (const event of engine.follow(operation, 0, AbortSignal.timeout(20_000))) events.push(event);
  return events;
}

/** Enqueues, waits for the end, and tells how it ended. */
export async function carryOut(
  engine: OperationsEngine,
  store: Store,
  asked = request('key'),
): Promise<OperationRecord & { readonly events: readonly OperationEvent[] }> {
  const { operation } = await engine.enqueue(asked);
  const events = await followToEnd(engine, operation.id);
  return { ...store.operations.queue.find(operation.id), events };
}

/** Rejects when the signal aborts, as well-behaved work does; never resolves. */
export function untilAborted({ signal }: Pick<WorkContext, 'signal'>): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = (): void => reject(signal.reason as Error);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

/** Opened from outside, to wait for and to let something go on. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

export function integrityOf(path: string): unknown {
  using connection = new DatabaseSync(path, { readOnly: true });
  return Object.values(connection.prepare('PRAGMA integrity_check').get() ?? {})[0];
}

/** Ends an engine as a crash would: from the chosen instant on, nothing of it moves any more. */
export class CrashPoint implements FailurePoints {
  readonly crashed = gate();
  readonly seen: string[] = [];
  readonly #isTheEnd: (name: string, count: number) => boolean;
  #isOver = false;

  constructor(isTheEnd: (name: string, count: number) => boolean) {
    this.#isTheEnd = isTheEnd;
  }

  async reached(name: string): Promise<void> {
    if (!this.#isOver) {
      this.seen.push(name);
      if (!this.#isTheEnd(name, this.seen.length)) return;
      this.#isOver = true;
      this.crashed.open();
    }
    await new Promise(() => {});
  }
}
