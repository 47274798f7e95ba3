import type { Plan, PlannedStep, StepKind } from './step.ts';

/**
 * Refuses a plan that the engine could not carry out or take back as promised. Such a plan is a bug of its
 * planner, so what is thrown is a plain error that names it.
 */
export function checkPlan(plan: Plan, kinds: ReadonlyMap<string, StepKind>): void {
  const ids = new Set<string>();
  for (const step of plan.steps) {
    if (ids.has(step.id)) throw new Error(`The plan has two steps "${step.id}"`);
    ids.add(step.id);
    checkStep(step, kinds);
  }
  checkCommit(plan.steps);
}

/** The steps by wave, in the order in which the waves run. */
export function wavesOf(plan: Plan): readonly (readonly PlannedStep[])[] {
  const waves = Map.groupBy(plan.steps, (step) => step.wave);
  return [...waves].sort(([a], [b]) => a - b).map(([, steps]) => steps);
}

function checkStep(step: PlannedStep, kinds: ReadonlyMap<string, StepKind>): void {
  const kind = kinds.get(step.kind);
  if (kind === undefined) throw new Error(`Step "${step.id}" is of the unknown kind "${step.kind}"`);
  if (!Number.isSafeInteger(step.wave)) throw new Error(`Step "${step.id}" has the wave ${step.wave}`);
  if (step.pivot !== true) return;
  if (step.onFailure === 'warn')
    throw new Error(`Step "${step.id}" changes what serves, so its failure is no warning`);
  if (kind.compensate === undefined) {
    throw new Error(`Step "${step.id}" changes what serves, but "${step.kind}" cannot take it back`);
  }
}

function checkCommit(steps: readonly PlannedStep[]): void {
  for (const commit of steps.filter((step) => step.commit === true)) {
    const later = steps.find(
      (step) => step !== commit && step.wave >= commit.wave && step.onFailure === 'compensate',
    );
    if (later !== undefined) {
      throw new Error(
        `After "${commit.id}" nothing is taken back, but "${later.id}" asks for it when it fails`,
      );
    }
  }
}
