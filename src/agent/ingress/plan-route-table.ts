import type { RouteSpec } from '../../api/agent.ts';
import type { Route, RouteLimits, Upstream } from '../../ingress/ingress.ts';

/** The instance as the routes see it. */
export interface Reachable {
  readonly instance: string;
  readonly port: number;
  readonly release: string;
}

const limits: RouteLimits = {
  maxBodyBytes: 512 * 1024 * 1024,
  headTimeoutMs: 15_000,
  bodyIdleTimeoutMs: 60_000,
  responseTimeoutMs: 120_000,
};

/** The routes of all environments with the ports at which their instances can be reached right now. */
export function planRoutes(
  environments: readonly { readonly environment: string; readonly routes: readonly RouteSpec[] }[],
  reachable: ReadonlyMap<string, Reachable>,
): Route[] {
  return environments.flatMap(({ environment, routes }) =>
    routes.map(({ instances, ...route }) => ({
      ...route,
      environment,
      upstreams: instances
        .map((id) => reachable.get(id))
        .filter((found): found is Upstream => found !== undefined),
      limits,
    })),
  );
}
