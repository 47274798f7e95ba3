import type { Story } from './scene.ts';

/** Where a control plane kills itself while a story is told, and how the operation must then end. */
export interface PointsOfStory {
  readonly name: string;
  readonly story: Story;
  readonly hasFixedPort?: boolean;
  readonly outcomes: readonly string[];
  readonly points: readonly string[];
}

const journal = ['step.intent', 'step.executed', 'step.recorded'];
const backwards = ['compensation.intent', 'compensation.executed', 'compensation.recorded'];
const ending = ['outcome.stored', 'outcome.recorded', 'operation.finished'];

const each = (points: readonly string[], kinds: readonly string[]): string[] =>
  kinds.flatMap((kind) => points.map((point) => `${point}.${kind}`));

const good = { kind: 'deploy', fault: null } as const;
const succeeded = ['succeeded'];

export const pointsOfStories: readonly PointsOfStory[] = [
  {
    name: 'a good deploy',
    story: good,
    outcomes: succeeded,
    points: [
      'operation.accepted',
      'lease.acquired',
      'operation.preparing',
      'plan.made',
      'plan.stored',
      ...each(journal, ['release.stage', 'task.run', 'instance.start', 'check.run', 'routes.switch']),
      ...each(journal, ['deploy.watch', 'deployment.record', 'instance.stop', 'jobs.set', 'release.prune']),
      // The second check is the public one, after the switch.
      'step.intent.check.run@2',
      ...ending,
    ],
  },
  {
    name: 'a release that fails after the switch',
    story: { kind: 'deploy', fault: 'failing-public-check' },
    outcomes: ['rolled-back'],
    points: [
      'step.intent.check.run@2',
      'step.recorded.check.run@2',
      'compensation.begun',
      ...each(backwards, ['routes.switch', 'instance.start', 'task.run']),
      ...ending,
    ],
  },
  {
    name: 'a release that fails before the switch',
    story: { kind: 'deploy', fault: 'never-healthy' },
    outcomes: ['failed'],
    points: [
      'step.intent.instance.start',
      'step.recorded.instance.start',
      'compensation.begun',
      'compensation.executed.instance.start',
      ...ending,
    ],
  },
  {
    name: 'a migration that fails',
    story: { kind: 'deploy', fault: 'failing-migration' },
    outcomes: ['failed'],
    points: [
      'step.intent.task.run',
      'step.recorded.task.run',
      'compensation.executed.task.run',
      'outcome.stored',
    ],
  },
  {
    name: 'a good deploy to a fixed port',
    story: good,
    hasFixedPort: true,
    outcomes: succeeded,
    points: [
      ...each(journal, ['instance.hand-over', 'routes.switch', 'instance.start']),
      'step.executed.routes.switch@2',
    ],
  },
  {
    name: 'a bad release on a fixed port',
    story: { kind: 'deploy', fault: 'never-healthy' },
    hasFixedPort: true,
    outcomes: ['rolled-back'],
    points: ['compensation.begun', ...each(backwards, ['instance.hand-over', 'routes.switch'])],
  },
  {
    name: 'a rollback',
    story: { kind: 'rollback' },
    outcomes: succeeded,
    points: ['plan.stored', 'step.executed.routes.switch', 'step.executed.deployment.record'],
  },
  {
    name: 'a promotion',
    story: { kind: 'promote' },
    outcomes: succeeded,
    points: ['plan.stored', 'step.executed.routes.switch', 'step.executed.deployment.record'],
  },
  {
    name: 'a verification',
    story: { kind: 'verify' },
    outcomes: succeeded,
    points: each(journal, ['check.run', 'checks.record']),
  },
  {
    name: 'a maintenance page',
    story: { kind: 'maintenance' },
    outcomes: succeeded,
    points: each(journal, ['maintenance.record', 'routes.switch']),
  },
  {
    name: 'taking an environment down',
    story: { kind: 'down' },
    outcomes: succeeded,
    points: each(journal, ['routes.switch', 'instance.stop', 'environment.remove', 'environment.record']),
  },
  {
    name: 'destroying an environment',
    story: { kind: 'destroy' },
    outcomes: succeeded,
    points: [
      'plan.stored',
      ...each(['step.executed'], ['environment.remove', 'environment.record']),
      ...ending,
    ],
  },
];

/** Kinds of steps that no failure leads back over: what they do needs no taking back, or nothing after them can fail. */
export const neverTakenBack = [
  'release.stage',
  'check.run',
  'deploy.watch',
  'deployment.record',
  'instance.stop',
  'jobs.set',
  'release.prune',
  'checks.record',
  'environment.remove',
  'environment.record',
  'maintenance.record',
] as const;

export const neverTakenBackPoints: readonly string[] = each(backwards, neverTakenBack);
