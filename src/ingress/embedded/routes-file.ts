import { readFile } from 'node:fs/promises';
import { Failure } from '../../core/failure.ts';
import { writeFileDurably } from '../../system/durable-file.ts';
import type { Route, RouteTable } from '../ingress.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
/** A lower-case DNS name, an IPv4 address or a bracketed IPv6 address. Names files, so nothing else may pass. */
const isHost = (value: unknown): boolean =>
  isText(value) && /^(?:[a-z0-9_-][a-z0-9._-]*|\[[0-9a-f:.]+\])$/.test(value);
const isPort = (value: unknown): boolean => isCount(value) && value > 0 && value < 65_536;

/**
 * Checks a route table that came from outside this process; throws `usage-invalid`. By hand, so that the
 * ingress need not carry a schema library in memory.
 */
export function checkRouteTable(value: unknown): RouteTable {
  if (!isFields(value) || !isCount(value['generation']) || !Array.isArray(value['routes'])) {
    throw invalid('it needs a generation and a list of routes');
  }
  const ids = new Set<unknown>();
  for (const route of value['routes'] as unknown[]) {
    if (!isFields(route) || !isText(route['id'])) throw invalid('a route without id');
    if (ids.has(route['id'])) throw invalid(`two routes have the id ${route['id']}`);
    ids.add(route['id']);
    const problem = routeProblem(route);
    if (problem !== undefined) throw invalid(`route ${route['id']}: ${problem}`);
  }
  const table = value as unknown as RouteTable;
  refuseSharedPlaces(table);
  return table;
}

/** Which of two routes answered would be chance. */
function refuseSharedPlaces(table: RouteTable): void {
  const places = new Map<string, string>();
  for (const { id, hosts, pathPrefix } of table.routes) {
    for (const host of hosts) {
      const place = `${host}${pathPrefix}`;
      const other = places.get(place);
      if (other !== undefined && other !== id) {
        throw new Failure(
          'conflict',
          `Cannot apply the route table: ${other} and ${id} both claim ${place}.`,
          {
            hint: 'Give one of the two another domain or path.',
          },
        );
      }
      places.set(place, id);
    }
  }
}

function routeProblem(route: Fields): string | undefined {
  if (!isText(route['environment']) || !isText(route['service']))
    return 'environment and service must be text';
  const { hosts, upstreams, pathPrefix, holdMs } = route;
  if (!Array.isArray(hosts) || !hosts.every(isHost)) {
    return 'hosts must be lower-case names';
  }
  if (!isText(pathPrefix) || !pathPrefix.startsWith('/')) return 'pathPrefix must begin with /';
  if (!Array.isArray(upstreams) || !upstreams.every(isUpstream))
    return 'an upstream needs instance, port and release';
  if (!isCount(holdMs)) return 'holdMs must be milliseconds';
  if (!isTls(route['tls'])) return 'tls must be off, local, or files with certificate and key';
  if (!isHealth(route['health'])) return 'health needs a path, intervalMs and timeoutMs';
  const { maintenance } = route;
  if (maintenance !== null && !(isFields(maintenance) && isText(maintenance['message']))) {
    return 'maintenance needs a message';
  }
  return isLimits(route['limits']) ? undefined : 'limits must be bytes and milliseconds';
}

function isUpstream(value: unknown): boolean {
  return isFields(value) && isText(value['instance']) && isPort(value['port']) && isText(value['release']);
}

function isTls(value: unknown): boolean {
  if (!isFields(value)) return false;
  if (value['mode'] === 'files') return isText(value['certificate']) && isText(value['key']);
  return value['mode'] === 'off' || value['mode'] === 'local';
}

function isHealth(value: unknown): boolean {
  if (value === null) return true;
  if (!isFields(value)) return false;
  const { path, intervalMs, timeoutMs } = value;
  // It becomes a request line.
  return (
    isText(path) && /^\/[!-~]*$/.test(path) && isCount(intervalMs) && intervalMs > 0 && isCount(timeoutMs)
  );
}

const limitNames: readonly (keyof Route['limits'])[] = [
  'maxBodyBytes',
  'headTimeoutMs',
  'bodyIdleTimeoutMs',
  'responseTimeoutMs',
];

function isLimits(value: unknown): boolean {
  return isFields(value) && limitNames.every((name) => isCount(value[name]));
}

function invalid(problem: string): Failure {
  return new Failure('usage-invalid', `Cannot apply the route table: ${problem}.`);
}

/** The table that was last applied, or undefined when there was none. Throws `state-corrupt`. */
export async function readRoutesFile(path: string): Promise<RouteTable | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return checkRouteTable(JSON.parse(text) as unknown);
  } catch (cause) {
    throw new Failure('state-corrupt', `Cannot read the routes in ${path}: the file is damaged.`, {
      hint: 'The ingress starts without routes; the agent applies them again.',
      cause,
    });
  }
}

export async function writeRoutesFile(path: string, table: RouteTable): Promise<void> {
  await writeFileDurably(path, `${JSON.stringify(table)}\n`);
}
