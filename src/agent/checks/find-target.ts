import type { CheckRequest, RouteSpec } from '../../api/agent.ts';
import type { EnvironmentStates } from '../environments/environment-states.ts';
import type { IngressKeeper } from '../ingress/ingress-keeper.ts';
import type { Instances } from '../instances/instances.ts';
import type { CheckTarget } from './http-check.ts';

export interface TargetDeps {
  readonly instances: Instances;
  readonly states: EnvironmentStates;
  readonly keeper: IngressKeeper;
}

/** `hidden`: visitors see the maintenance page, so the instance behind it is asked in their place. */
export type FoundTarget = CheckTarget & { readonly hidden: boolean };

/** Whom a check asks; undefined when there is nothing that listens. */
export async function findTarget(
  deps: TargetDeps,
  { target, environment, http }: CheckRequest,
): Promise<FoundTarget | undefined> {
  if (target.kind === 'instance') return instanceTarget(deps, target.instance, target.host, false);
  const route = findRoute(deps.states.find(environment)?.routes ?? [], target.host, http?.path ?? '/');
  if (route !== undefined && route.maintenance !== null && http?.path !== route.health?.path)
    return instanceTarget(deps, route.instances[0], target.host, true);
  const facts = await deps.keeper.facts();
  if (facts === null) return undefined;
  const port = target.tls ? facts.httpsPort : facts.httpPort;
  const address = facts.address === '0.0.0.0' || facts.address === '::' ? '127.0.0.1' : facts.address;
  const usual = port === (target.tls ? 443 : 80);
  return {
    address,
    port,
    host: usual ? target.host : `${target.host}:${port}`,
    tls: target.tls,
    hidden: false,
  };
}

function instanceTarget(
  { instances }: TargetDeps,
  id: string | undefined,
  host: string | undefined,
  hidden: boolean,
): FoundTarget | undefined {
  const port = id === undefined ? null : instances.get(id).port;
  if (port === null) return undefined;
  return { address: '127.0.0.1', port, host: host ?? `127.0.0.1:${port}`, tls: false, hidden };
}

/** The route that takes a request, as the ingress decides it: the longest prefix wins. */
function findRoute(routes: readonly RouteSpec[], host: string, path: string): RouteSpec | undefined {
  const [bare = ''] = path.split('?');
  return routes
    .filter(({ hosts, pathPrefix: prefix }) => {
      const below = prefix.endsWith('/') ? prefix : `${prefix}/`;
      return hosts.includes(host) && (bare === prefix || bare.startsWith(below));
    })
    .toSorted((a, b) => b.pathPrefix.length - a.pathPrefix.length)[0];
}
