import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failurePointNames } from '../../src/operations/failure-points.ts';
import { crashSuite } from './support/crash-suite.ts';
import { neverTakenBack, neverTakenBackPoints, pointsOfStories } from './support/named-points.ts';

const takenBack = ['task.run', 'instance.start', 'instance.hand-over', 'routes.switch'];

test('every named failure point is reached by some story below', () => {
  const reached = pointsOfStories.flatMap(({ points }) => points.map((point) => point.replace(/@.*/, '')));
  const covered = new Set([...reached, ...neverTakenBackPoints]);
  assert.deepEqual([...covered].sort(), failurePointNames([...takenBack, ...neverTakenBack]).toSorted());
});

crashSuite(
  'the control plane killed at a named point',
  pointsOfStories.flatMap(({ name, story, outcomes, points, hasFixedPort = false }) =>
    points.map((point) => ({
      name: `${name}, killed at ${point}`,
      plan: { story, point, outcomes },
      bench: { instances: 1, hasFixedPort },
    })),
  ),
);
