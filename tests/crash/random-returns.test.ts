import { crashSuite } from './support/crash-suite.ts';
import { randomCrashes, someReturn } from './support/random-crashes.ts';
import { chosenSeed } from './support/seeded-random.ts';

crashSuite(
  'killed at random while promoting and rolling back',
  randomCrashes(chosenSeed(), 30, 1001, someReturn),
);
