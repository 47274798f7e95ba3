import { crashSuite } from './support/crash-suite.ts';
import { randomCrashes, someDeploy } from './support/random-crashes.ts';
import { chosenSeed } from './support/seeded-random.ts';

crashSuite('killed at random while deploying', randomCrashes(chosenSeed(), 60, 1, someDeploy));
