import type { Problem } from '../problem.ts';
import { checksAskOneThing, checksReachAService } from './check-rules.ts';
import { dataPathsAreApart } from './data-rules.ts';
import {
  domainsAreTheirOwn,
  overridesMeetServices,
  promotionsLeadSomewhere,
  someEnvironment,
  strategiesAreBuilt,
} from './environment-rules.ts';
import type { Rule, RuleInput } from './rule.ts';
import { fixedPortsAreFree, routesAreUnique, somethingRuns } from './service-rules.ts';
import { givenVariablesAreFree } from './variable-rules.ts';

const rules: readonly Rule[] = [
  somethingRuns,
  routesAreUnique,
  fixedPortsAreFree,
  givenVariablesAreFree,
  dataPathsAreApart,
  checksAskOneThing,
  checksReachAService,
  someEnvironment,
  domainsAreTheirOwn,
  promotionsLeadSomewhere,
  overridesMeetServices,
  strategiesAreBuilt,
];

export function brokenRules(input: RuleInput): Problem[] {
  return rules.flatMap((rule) => [...rule(input)]);
}
