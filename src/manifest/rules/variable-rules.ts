import type { Environment, Service, Variables } from '../manifest.ts';
import type { Path, Problem } from '../problem.ts';
import type { Rule } from './rule.ts';

/** Variables that Mainstay fills itself must not also be set by hand: one of the two would silently lose. */
export const givenVariablesAreFree: Rule = function* ({ manifest }) {
  const dataOwners = new Map(manifest.data.map((data) => [data.env, `the path of data.${data.name}`]));
  yield* repeatedDataVariables(manifest.data);
  for (const service of manifest.services) {
    const given = new Map(dataOwners);
    const port = portVariable(service);
    const holder = port === undefined ? undefined : dataOwners.get(port);
    if (port !== undefined && holder !== undefined) {
      yield {
        path: ['services', service.name],
        at: 'key',
        message: `its port goes to the variable ${port}, which holds ${holder}`,
        hint: 'choose another name with port_env, or with env',
      };
    } else if (port !== undefined) given.set(port, 'its port');
    yield* clashes(Object.keys(service.environment), given, (key) => [
      'services',
      service.name,
      'environment',
      key,
    ]);
  }
  for (const job of manifest.jobs) {
    yield* clashes(Object.keys(job.environment), dataOwners, (key) => ['jobs', job.name, 'environment', key]);
  }
  const everywhere = new Map(dataOwners);
  for (const service of manifest.services) {
    const port = portVariable(service);
    if (port !== undefined && !everywhere.has(port))
      everywhere.set(port, `the port of services.${service.name}`);
  }
  yield* clashes(Object.keys(manifest.configuration), everywhere, (key) => ['configuration', key]);
  for (const environment of manifest.environments) {
    const path = (key: string): Path => ['environments', environment.name, 'configuration', key];
    yield* clashes(Object.keys(environment.configuration), everywhere, path);
    yield* secretProblems(environment, manifest.configuration, everywhere);
  }
};

const portVariable = (service: Service) => (service.port.kind === 'none' ? undefined : service.port.env);

function* repeatedDataVariables(data: readonly { name: string; env: string }[]): Iterable<Problem> {
  const owners = new Map<string, string>();
  for (const { name, env } of data) {
    const owner = owners.get(env);
    if (owner !== undefined) {
      yield {
        path: ['data', name, 'env'],
        at: 'value',
        message: `${env} holds the path of data.${owner} already`,
      };
    }
    owners.set(env, owner ?? name);
  }
}

function* clashes(
  keys: readonly string[],
  given: ReadonlyMap<string, string>,
  path: (key: string) => Path,
): Iterable<Problem> {
  for (const key of keys) {
    const owner = given.get(key);
    if (owner === undefined) continue;
    yield {
      path: path(key),
      at: 'key',
      message: `Mainstay sets this variable to ${owner}`,
      hint: 'remove it here',
    };
  }
}

function* secretProblems(
  environment: Environment,
  shared: Variables,
  given: ReadonlyMap<string, string>,
): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, secret] of environment.secrets.entries()) {
    const owner = given.get(secret);
    const message = seen.has(secret)
      ? `${secret} is there twice`
      : Object.hasOwn(environment.configuration, secret) || Object.hasOwn(shared, secret)
        ? `${secret} stands in configuration too, where everyone can read it`
        : owner === undefined
          ? undefined
          : `Mainstay sets ${secret} to ${owner}`;
    seen.add(secret);
    if (message !== undefined) {
      yield { path: ['environments', environment.name, 'secrets', index], at: 'value', message };
    }
  }
}
