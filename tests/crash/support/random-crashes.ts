import type { Fault } from '../../harness/application.ts';
import type { NamedCrash } from './crash-suite.ts';
import type { Story } from './scene.ts';
import { describeKill, killerFor, planKill, type Victim } from './seeded-killer.ts';
import { SeededRandom } from './seeded-random.ts';

/** How long each takes on a machine with two busy cores; kills are spread over this time. */
const expectedMs: Partial<Record<Story['kind'], number>> = { deploy: 2200, rollback: 1800, promote: 1800 };

const everyOutcome = ['succeeded', 'failed', 'rolled-back'];

/** Crashes at random instants. The n-th one follows from the seed and n alone, so it can be repeated alone. */
export function randomCrashes(
  seed: number,
  count: number,
  first: number,
  tell: (random: SeededRandom) => Story,
): NamedCrash[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const random = new SeededRandom(seed * 1009 + number);
    const story = tell(random);
    const kill = planKill(random, expectedMs[story.kind] ?? 1000);
    // Every fifteen the same, so that one Mainstay serves them all.
    const instances = 1 + (Math.floor(index / 15) % 2);
    return {
      name: `seed ${seed} run ${number}: ${describeStory(story)}, ${describeKill(kill)}`,
      plan: { story, killer: killerFor(kill), outcomes: outcomesOf(story, kill.victims) },
      bench: { instances },
    };
  });
}

/**
 * A control plane that dies is no reason to fail: whoever comes next goes on. What else dies may be what the
 * operation needed at that moment. A bad release must never succeed, but for one: a release that died in the
 * watch period may have died of the kill instead.
 */
function outcomesOf(story: Story, victims: readonly Victim[]): readonly string[] {
  if (story.kind !== 'deploy' || story.fault === null)
    return victims.every((victim) => victim === 'control') ? ['succeeded'] : everyOutcome;
  return story.fault === 'dies-in-watch' ? everyOutcome : ['failed', 'rolled-back'];
}

function describeStory(story: Story): string {
  if (story.kind !== 'deploy') return story.kind;
  return story.fault === null ? 'good deploy' : `deploy (${story.fault})`;
}

const badOnes: readonly Fault[] = [
  'failing-migration',
  'exits-at-once',
  'never-healthy',
  'failing-private-check',
  'failing-public-check',
  'dies-in-watch',
];

export function someDeploy(random: SeededRandom): Story {
  return { kind: 'deploy', fault: random.chance(0.6) ? null : random.pick(badOnes) };
}

export function someReturn(random: SeededRandom): Story {
  return { kind: random.chance(0.5) ? 'rollback' : 'promote' };
}
