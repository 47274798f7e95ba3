import fc from 'fast-check';
import { Failure } from '../core/failure.ts';
import type { Json } from '../core/json.ts';
import type { PlannedStep, StepKind, WorkContext } from './step.ts';

/** What a random step does when it is executed. */
export interface StepNature {
  readonly name: string;
  readonly wave: number;
  /** `once`: must not be done twice, and can tell whether it was. `again`: may be repeated. */
  readonly kind: 'once' | 'again';
  readonly fails: 'never' | 'first' | 'always';
  /** Failing after it has had its effect, as when only the answer is lost. */
  readonly failsLate: boolean;
  readonly onFailure: 'compensate' | 'warn';
  readonly pivot: boolean;
  readonly commit: boolean;
}

/** The outside that steps act on, and everything about it that must never be. */
export class World {
  /** Steps whose effect stands now. */
  readonly standing = new Set<string>();
  readonly everStood = new Set<string>();
  readonly executions = new Map<string, number>();
  readonly undone: string[] = [];
  readonly violations: string[] = [];
  highestFence = 0;

  do(nature: StepNature, fence: number): void {
    if (fence < this.highestFence) throw new Failure('lease-lost', 'An older fence.');
    this.highestFence = fence;
    const { name } = nature;
    const executions = (this.executions.get(name) ?? 0) + 1;
    this.executions.set(name, executions);
    if (this.undone.includes(name)) this.violations.push(`${name} was done after it was undone`);
    if (nature.kind === 'once' && this.standing.has(name)) this.violations.push(`${name} was done twice`);
    const isFailing = nature.fails === 'always' || (nature.fails === 'first' && executions === 1);
    if (!isFailing || nature.failsLate) {
      this.standing.add(name);
      this.everStood.add(name);
    }
    if (isFailing) {
      throw new Failure('check-failed', `${name} failed.`, { retryable: nature.fails === 'first' });
    }
  }

  /** Asking brings the fence along, so that what a dead worker left on its way comes too late. */
  has(name: string, fence: number): boolean {
    this.highestFence = Math.max(fence, this.highestFence);
    return this.standing.has(name);
  }

  undo(name: string, fence: number): void {
    if (fence < this.highestFence) throw new Failure('lease-lost', 'An older fence.');
    this.highestFence = fence;
    this.standing.delete(name);
    this.undone.push(name);
  }
}

export function worldSteps(world: World, natures: readonly StepNature[]): readonly StepKind[] {
  const natureOf = (input: Json): StepNature => {
    const found = natures.find(({ name }) => name === input);
    if (found === undefined) throw new Error(`no step ${JSON.stringify(input)}`);
    return found;
  };
  // A turn of the event loop in the middle, so that steps of one wave interleave.
  const act = async (work: () => void): Promise<void> => {
    await new Promise(setImmediate);
    work();
  };
  const again: StepKind = {
    kind: 'again',
    execute: async ({ fence }, input) => {
      await act(() => world.do(natureOf(input), fence));
      return input;
    },
    compensate: ({ fence }: WorkContext, input) => act(() => world.undo(natureOf(input).name, fence)),
  };
  return [
    again,
    {
      ...again,
      kind: 'once',
      verify: async ({ fence }, input) =>
        world.has(natureOf(input).name, fence) ? { done: true, output: input } : { done: false },
    },
  ];
}

export function plannedWorld(natures: readonly StepNature[]): readonly PlannedStep[] {
  return natures.map(({ name, wave, kind, onFailure, pivot, commit }) => ({
    id: name,
    kind,
    title: name,
    wave,
    input: name,
    onFailure,
    ...(pivot ? { pivot } : {}),
    ...(commit ? { commit } : {}),
  }));
}

/** Plans as planners make them: some waves, perhaps a pivot, perhaps a commit with only warnings after it. */
export const natures: fc.Arbitrary<readonly StepNature[]> = fc
  .record({
    waves: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
    pivot: fc.option(fc.nat(3)),
    commit: fc.option(fc.nat(4)),
    rolls: fc.array(
      fc.record({
        kind: fc.constantFrom('once' as const, 'again' as const),
        fails: fc.constantFrom(
          'never' as const,
          'never' as const,
          'never' as const,
          'never' as const,
          'first' as const,
          'always' as const,
        ),
        failsLate: fc.boolean(),
        warn: fc.boolean(),
      }),
      { minLength: 12, maxLength: 12 },
    ),
  })
  .map(({ waves, pivot, commit, rolls }) => {
    let next = 0;
    return waves.flatMap((width, wave) =>
      Array.from({ length: wave === commit ? 1 : width }, (_, position) => {
        const roll = rolls[next % rolls.length] ?? rolls[0];
        next += 1;
        const isFinal = commit !== null && wave > commit;
        const isPivot = wave === pivot && !isFinal && position === 0;
        const isWarn = isFinal || (roll?.warn === true && !isPivot && wave !== commit);
        return {
          name: `w${wave}s${position}`,
          wave,
          kind: roll?.kind ?? 'again',
          fails: roll?.fails ?? 'never',
          failsLate: roll?.failsLate ?? false,
          onFailure: isWarn ? ('warn' as const) : ('compensate' as const),
          pivot: isPivot,
          commit: wave === commit,
        };
      }),
    );
  });
