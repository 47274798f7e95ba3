import type { z } from 'zod';
import type { HostObservation, InstanceStatus } from '../../api/agent.ts';
import type { environmentOverviewSchema, environmentSchema, instanceViewSchema } from '../../api/shapes.ts';
import type { EnvironmentRow } from '../control-deps.ts';
import type { SeenHost } from '../observations.ts';
import { operationView } from './operation-view.ts';

type Overview = z.input<typeof environmentOverviewSchema>;
type State = Pick<Overview, 'state' | 'reason'>;

/** What was observed, arranged so that a thousand environments are looked up and not searched. */
export interface Sight {
  readonly instances: ReadonlyMap<string, InstanceStatus>;
  readonly urls: ReadonlyMap<string, readonly string[]>;
  readonly unreachable: ReadonlyMap<string, string>;
}

export function arrangeSight(seen: readonly SeenHost[]): Sight {
  const instances = new Map<string, InstanceStatus>();
  const urls = new Map<string, Set<string>>();
  const unreachable = new Map<string, string>();
  for (const { name, observation, reason } of seen) {
    if (observation === null) {
      unreachable.set(name, reason ?? 'does not answer');
      continue;
    }
    for (const status of observation.instances) instances.set(status.id, status);
    for (const route of observation.routes) {
      const known = urls.get(route.environment) ?? new Set<string>();
      for (const url of urlsOf(route, observation)) known.add(url);
      urls.set(route.environment, known);
    }
  }
  return { instances, urls: new Map([...urls].map(([id, set]) => [id, [...set]])), unreachable };
}

function urlsOf(route: HostObservation['routes'][number], { ingress }: HostObservation): string[] {
  if (ingress === null || route.pathPrefix !== '/') return [];
  const secure = route.tls.mode !== 'off';
  const port = secure ? ingress.httpsPort : ingress.httpPort;
  const usual = secure ? 443 : 80;
  return route.hosts.map(
    (host) => `${secure ? 'https' : 'http'}://${host}${port === usual ? '' : `:${port}`}/`,
  );
}

export function environmentOverview(row: EnvironmentRow, sight: Sight): Overview {
  const running = row.instances.filter(({ id }) => sight.instances.get(id)?.state === 'running').length;
  return {
    id: row.id,
    release: row.release,
    deployedAt: row.deployedAt,
    ...judgeState(row, sight),
    urls: [...(sight.urls.get(row.id) ?? [])],
    instances: { running, wanted: row.instances.length },
    maintenance: row.maintenance !== null,
    lastOperation: row.lastOperation === null ? null : operationView(row.lastOperation),
    configChanged: row.configInForce !== null && row.configInForce !== row.configRevision,
  };
}

function judgeState(row: EnvironmentRow, sight: Sight): State {
  if (row.release === null)
    return row.everDeployed
      ? { state: 'down', reason: 'taken down; a deploy or a rollback brings it back' }
      : { state: 'never-deployed', reason: null };
  for (const { id, host } of row.instances) {
    const gone = sight.unreachable.get(host);
    if (gone !== undefined) return { state: 'unknown', reason: `host ${host}: ${gone}` };
    const problem = instanceProblem(sight.instances.get(id));
    if (problem !== undefined) return { state: 'degraded', reason: `${shortName(id)} ${problem}` };
  }
  return { state: 'serving', reason: null };
}

function instanceProblem(status: InstanceStatus | undefined): string | undefined {
  if (status === undefined) return 'is gone';
  if (status.state !== 'running')
    return status.lastExit === null ? `is ${status.state}` : `is ${status.state}: ${status.lastExit.reason}`;
  return status.healthy === false ? 'does not answer its health check' : undefined;
}

/** `shop.production.web.3f2a91c0.k3j9.0` → `web.0` */
function shortName(id: string): string {
  const parts = id.split('.');
  return `${parts[2] ?? id}.${parts.at(-1) ?? ''}`;
}

export function environmentDetail(
  row: EnvironmentRow,
  seen: readonly SeenHost[],
  releaseNumber: (digest: string) => number | undefined,
): z.input<typeof environmentSchema> {
  const observations = seen.flatMap(({ observation }) => (observation === null ? [] : [observation]));
  const own = <T extends { readonly environment: string }>(items: readonly T[]): T[] =>
    items.filter(({ environment }) => environment === row.id);
  return {
    ...environmentOverview(row, arrangeSight(seen)),
    previousRelease: row.previousRelease,
    instanceList: own(observations.flatMap(({ instances }) => instances)).map((status) =>
      instanceView(status, releaseNumber),
    ),
    jobs: own(observations.flatMap(({ jobs }) => jobs)).map(({ name, schedule, timezone, nextAt, last }) => ({
      name,
      schedule,
      timezone,
      nextAt,
      last: last === null ? null : { state: last.state, at: last.startedAt, reason: last.reason },
    })),
    data: own(observations.flatMap(({ data }) => data)).map(({ environment: _own, ...data }) => data),
  };
}

function instanceView(
  status: InstanceStatus,
  releaseNumber: (digest: string) => number | undefined,
): z.input<typeof instanceViewSchema> {
  const number = releaseNumber(status.release);
  return {
    id: status.id,
    service: status.service,
    release: number === undefined ? status.release.slice(0, 12) : `r${number}`,
    state: status.state,
    healthy: status.healthy,
    pid: status.pid,
    port: status.port,
    startedAt: status.startedAt,
    restarts: status.restarts,
    memoryBytes: status.memoryBytes,
    lastExit: status.lastExit?.reason ?? null,
  };
}
