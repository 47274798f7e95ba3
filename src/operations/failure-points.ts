/**
 * Named instants at which a test ends the process, to see that what follows is picked up. In production
 * nobody listens. Each lies right after something became durable or happened outside.
 */
export interface FailurePoints {
  /** May never come back. */
  reached(name: string): void | Promise<void>;
}

export const noFailurePoints: FailurePoints = { reached() {} };

const operationPoints = [
  'operation.accepted',
  'lease.acquired',
  'operation.preparing',
  'plan.made',
  'plan.stored',
  'compensation.begun',
  'outcome.stored',
  'outcome.recorded',
  'operation.finished',
] as const;

const stepPoints = [
  'step.intent',
  'step.executed',
  'step.recorded',
  'compensation.intent',
  'compensation.executed',
  'compensation.recorded',
] as const;

export type OperationPoint = (typeof operationPoints)[number];
export type StepPoint = (typeof stepPoints)[number];

/** `step.intent.instance.start` for the kind `instance.start`. */
export const stepPointName = (point: StepPoint, stepKind: string): string => `${point}.${stepKind}`;

/** Every point that an engine with these kinds of steps may reach. */
export function failurePointNames(stepKinds: readonly string[]): readonly string[] {
  return [
    ...operationPoints,
    ...stepKinds.flatMap((kind) => stepPoints.map((point) => stepPointName(point, kind))),
  ];
}
