import type { HostObservation, RouteSpec } from '../api/agent.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import { type DeploymentBasis, environmentId } from './planned-instances.ts';
import type { Deployment, PlannedInstance } from './records.ts';

export type DeployReason = 'deploy' | 'promote' | 'rollback';

/** Everything that a deploy is planned from. */
export interface DeployWish extends DeploymentBasis {
  readonly reason: DeployReason;
  readonly deploymentId: string;
  /** Why the release goes there although it was not verified; kept in the evidence. */
  readonly forced: string | null;
  readonly current: (Deployment & { readonly number: number }) | undefined;
  readonly observed: readonly { readonly host: string; readonly observation: HostObservation }[];
}

export function oldInstances(wish: DeployWish): readonly PlannedInstance[] {
  return wish.current?.instances ?? [];
}

export function currentRoutes(wish: DeployWish, observation: HostObservation): RouteSpec[] {
  return observation.routes
    .filter((route) => route.environment === environmentId(wish.environment))
    .map(({ environment: _environment, ...route }) => route);
}

/** Whether the same release with the same configuration already runs whole and healthy. */
export function isInPlace(wish: DeployWish, instances: readonly PlannedInstance[]): boolean {
  const { current } = wish;
  if (current === undefined || current.release !== wish.release.digest) return false;
  const comparable = (list: readonly PlannedInstance[]) =>
    canonicalJson(list.map(({ id: _id, ...rest }) => rest));
  if (current.configRevision !== wish.revision || comparable(current.instances) !== comparable(instances))
    return false;
  const running = new Map(
    wish.observed.flatMap(({ observation }) => observation.instances).map((status) => [status.id, status]),
  );
  const routed = new Set(
    wish.observed
      .flatMap(({ observation }) => currentRoutes(wish, observation))
      .flatMap((route) => route.instances),
  );
  return current.instances.every((instance) => {
    const status = running.get(instance.id);
    const service = wish.environment.services.find(({ name }) => name === instance.service);
    const needsRoute = (service?.routes.length ?? 0) > 0;
    return (
      status?.state === 'running' && status.healthy !== false && (!needsRoute || routed.has(instance.id))
    );
  });
}

/** Plans are stored as JSON; what goes in is built from JSON values only, which the type system cannot follow through interfaces. */
export function json(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
