import type { z } from 'zod';
import type { operationSchema, operationSummarySchema, planSchema } from '../../api/shapes.ts';
import type { OperationSummary, StepRecord } from '../../operations/operation.ts';
import type { Plan } from '../../operations/step.ts';

export function operationView(operation: OperationSummary): z.input<typeof operationSummarySchema> {
  const { id, kind, environment, state, outcome, summary, createdAt, startedAt, finishedAt } = operation;
  return {
    id,
    kind,
    environment,
    state,
    outcome,
    summary,
    failure: failureView(operation.failure),
    createdAt,
    startedAt,
    finishedAt,
  };
}

export function operationDetail(
  operation: OperationSummary,
  plan: Plan | null,
  steps: readonly StepRecord[],
): z.input<typeof operationSchema> {
  const planned = new Map(plan?.steps.map((step) => [step.id, step]));
  return {
    ...operationView(operation),
    requestedBy: operation.requestedBy,
    steps: steps.map((step) => ({
      id: step.id,
      kind: planned.get(step.id)?.kind ?? 'unknown',
      title: planned.get(step.id)?.title ?? step.id,
      wave: step.wave,
      state: step.state,
      failure: failureView(step.failure),
      startedAt: step.startedAt,
      finishedAt: step.finishedAt,
    })),
  };
}

/** A plan without the inputs of its steps, which are for the engine. */
export function planView(plan: Plan): z.input<typeof planSchema> {
  return {
    summary: plan.summary,
    facts: plan.facts,
    steps: plan.steps.map(({ input: _input, ...step }) => step),
  };
}

function failureView(
  failure: OperationSummary['failure'],
): z.input<typeof operationSummarySchema>['failure'] {
  if (failure === null) return null;
  const { code, message, hint, retryable, details } = failure;
  return {
    code,
    message,
    retryable,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details: { ...details } }),
  };
}
