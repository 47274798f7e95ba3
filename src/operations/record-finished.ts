import type { RunDeps } from './run.ts';

/** Calls the `finished` hook of an operation whose outcome is stored. Throws what the hook throws. */
export async function callFinished(
  deps: Pick<RunDeps, 'store' | 'operationKinds'>,
  id: string,
): Promise<void> {
  const operation = deps.store.queue.get(id);
  if (operation === undefined || operation.outcome === null) return;
  const steps = deps.store.queue.steps(id).filter((step) => step.state === 'done');
  await deps.operationKinds.get(operation.kind)?.finished?.({
    id,
    kind: operation.kind,
    environment: operation.environment,
    input: operation.input,
    plan: operation.plan,
    outcome: operation.outcome,
    failure: operation.failure,
    outputs: Object.fromEntries(steps.map((step) => [step.id, step.output])),
    startedAt: operation.startedAt ?? operation.createdAt,
    finishedAt: operation.finishedAt ?? operation.createdAt,
  });
}
