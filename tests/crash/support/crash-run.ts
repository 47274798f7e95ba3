import assert from 'node:assert/strict';
import type { Ended } from '../../harness/run-command.ts';
import { lastOperation, runningInstances } from '../../harness/settled-state.ts';
import { type CrashBench, stopVisitors } from './crash-bench.ts';
import { judgeVisits, type Kill } from './judge-visits.ts';
import { clearScene, type Scene, type Story, setScene } from './scene.ts';

/** Kills while the command runs; resolves to what was killed and when. */
export type Killer = (bench: CrashBench) => Promise<readonly Kill[]>;

export interface CrashPlan {
  readonly story: Story;
  /** Where a control plane kills itself; without it, `killer` kills. */
  readonly point?: string;
  readonly killer?: Killer;
  /** Outcomes that are true for this crash. */
  readonly outcomes: readonly string[];
}

const exitCodes: Readonly<Record<string, number>> = {
  'succeeded': 0,
  'failed': 3,
  'rolled-back': 4,
  'cancelled': 5,
  'incomplete': 6,
};

/**
 * One crash from its preparation to the proof that all is well: the outcome is true, what it says serves does
 * serve, visitors noticed nothing but what was in the hands of the dead, and the next deploy works.
 */
export async function runCrash(bench: CrashBench, plan: CrashPlan): Promise<void> {
  const scene = await setScene(bench, plan.story);
  const allowed = new Set([bench.serving.get(scene.environment) ?? '', ...scene.seen]);
  if (plan.point !== undefined) await bench.armControl(plan.point);
  const visitors = bench.startVisitors(scene.serves ? [] : [scene.environment]);
  const kills: Kill[] = [];
  try {
    await crash(bench, plan, scene, kills);
    await bench.assertRecovered();
    await clearScene(bench, plan.story);
    // The next deploy works.
    allowed.add(await bench.deploy(scene.environment));
    await bench.assertRecovered();
  } finally {
    const visits = await stopVisitors(visitors);
    for (const [environment, seen] of visits) {
      const elsewhere = new Set([bench.serving.get(environment) ?? '']);
      judgeVisits(seen, kills, environment === scene.environment ? allowed : elsewhere);
    }
  }
}

/** Tells the story, kills in the middle of it, and sees that its end is told truly. */
async function crash(bench: CrashBench, plan: CrashPlan, scene: Scene, kills: Kill[]): Promise<void> {
  const { mainstay, application } = bench;
  const armed = mainstay.pid('control');
  const running = application.start(scene.command, { timeoutMs: 90_000 });
  kills.push(...((await plan.killer?.(bench)) ?? []));
  const ended = await running.ended;
  // Brings back a control plane that nobody missed while the command ran.
  await mainstay.ok(['status']);
  const { outcome, failure } = await lastOperation(mainstay, application.id(scene.environment));
  const told = `${ended.stdout}${ended.stderr}`;
  assert.ok(
    plan.outcomes.includes(outcome ?? ''),
    `it ended as ${outcome}: ${failure?.code} ${failure?.message}\n${told}`,
  );
  if (scene.tellsOutcome) assertTold(ended, outcome ?? '');
  if (plan.point !== undefined)
    assert.notEqual(mainstay.pid('control'), armed, `${plan.point} was never reached\n${told}`);
  if (outcome !== 'succeeded') return;
  if (scene.version !== null) return bench.remember(scene.version, scene.environment);
  bench.serving.delete(scene.environment);
  assert.deepEqual(runningInstances(mainstay, application, scene.environment), []);
}

function assertTold({ code, signal, stdout, stderr }: Ended, outcome: string): void {
  assert.equal(
    code ?? signal,
    exitCodes[outcome],
    `the exit code does not fit ${outcome}\n${stdout}${stderr}`,
  );
}
