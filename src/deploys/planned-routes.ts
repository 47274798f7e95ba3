import type { RouteSpec } from '../api/agent.ts';
import type { ResolvedEnvironment } from '../manifest/resolve-environment.ts';
import { environmentId } from './planned-instances.ts';
import type { PlannedInstance } from './records.ts';

/** The routes of an environment when these instances serve it. Services without a route have none. */
export function plannedRoutes(
  environment: ResolvedEnvironment,
  instances: readonly PlannedInstance[],
  host: string,
): RouteSpec[] {
  return environment.services.flatMap((service) =>
    service.routes.map((pathPrefix) => ({
      id: `${environmentId(environment)}/${service.name}${pathPrefix}`,
      service: service.name,
      hosts: [...environment.domains],
      pathPrefix,
      instances: instances
        .filter((instance) => instance.service === service.name && instance.host === host)
        .map((instance) => instance.id),
      tls: { ...environment.tls },
      health:
        service.health === null
          ? null
          : {
              path: service.health.path,
              intervalMs: service.health.interval,
              timeoutMs: service.health.responseTimeout,
            },
      holdMs: environment.deploy.hold,
      maintenance: null,
    })),
  );
}

/** The service whose route takes a request for this path: the longest prefix wins. */
export function serviceForPath(environment: ResolvedEnvironment, path: string): string | undefined {
  let best: { service: string; length: number } | undefined;
  for (const service of environment.services) {
    for (const prefix of service.routes) {
      const matches =
        prefix === '/' || path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}?`);
      if (matches && (best === undefined || prefix.length > best.length))
        best = { service: service.name, length: prefix.length };
    }
  }
  return best?.service;
}
