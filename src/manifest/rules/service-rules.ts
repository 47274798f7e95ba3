import type { Environment, Manifest, Service } from '../manifest.ts';
import type { Problem } from '../problem.ts';
import type { Rule } from './rule.ts';

export const somethingRuns: Rule = function* ({ manifest, names, has }) {
  if (names.services.size > 0 || manifest.jobs.length > 0 || has(['jobs'])) return;
  yield {
    path: ['services'],
    at: 'key',
    message: 'an app needs at least one service or job',
    hint: 'for example services: { web: { command: node server.js } }',
  };
};

export const routesAreUnique: Rule = function* ({ manifest, has }) {
  const owners = new Map<string, string>();
  for (const service of manifest.services) {
    for (const [index, route] of service.routes.entries()) {
      const owner = owners.get(route);
      owners.set(route, owner ?? service.name);
      if (owner === undefined) continue;
      const written = has(['services', service.name, 'routes']);
      yield {
        path: written ? ['services', service.name, 'routes', index] : ['services', service.name],
        at: written ? 'value' : 'key',
        message: `the route "${route}" ${owner === service.name ? 'is there twice' : `goes to services.${owner} already`}`,
        hint: written ? undefined : 'say with routes which paths each service answers',
      };
    }
  }
};

/** A fixed port can be held by one instance on a host at a time, whichever environment it belongs to. */
export const fixedPortsAreFree: Rule = function* ({ manifest }) {
  const holders = new Map<number, string>();
  for (const service of manifest.services) {
    if (service.port.kind !== 'fixed') continue;
    const { port } = service.port;
    const holder = holders.get(port);
    if (holder !== undefined) {
      yield {
        path: ['services', service.name, 'port'],
        at: 'value',
        message: `services.${holder} listens on port ${port} already`,
        hint: 'use port: auto where the app can take its port from a variable',
      };
    }
    holders.set(port, service.name);
    yield* tooManyInstances(manifest, service, port);
    yield* sharedHosts(manifest, service, port);
  }
};

const instancesIn = (environment: Environment, service: Service) =>
  environment.overrides.find((override) => override.service === service.name)?.instances ?? service.instances;

function* tooManyInstances(manifest: Manifest, service: Service, port: number): Iterable<Problem> {
  const message = `only one instance can listen on the fixed port ${port}`;
  const hint = 'use port: auto, or 1 instance';
  if (service.instances > 1) {
    yield { path: ['services', service.name, 'instances'], at: 'value', message, hint };
    return;
  }
  for (const environment of manifest.environments) {
    if (instancesIn(environment, service) <= 1) continue;
    yield { path: ['environments', environment.name, 'instances', service.name], at: 'value', message, hint };
  }
}

function* sharedHosts(manifest: Manifest, service: Service, port: number): Iterable<Problem> {
  const holders = new Map<string, string>();
  for (const environment of manifest.environments) {
    if (instancesIn(environment, service) === 0) continue;
    for (const host of environment.hosts) {
      const holder = holders.get(host);
      if (holder !== undefined && holder !== environment.name) {
        yield {
          path: ['services', service.name, 'port'],
          at: 'value',
          message: `the environments ${holder} and ${environment.name} share the host ${host}, where port ${port} can be held once`,
          hint: 'use port: auto, or 0 instances in one of them',
        };
        return;
      }
      holders.set(host, environment.name);
    }
  }
}
