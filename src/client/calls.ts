import type { ApiCall } from '../api/api-call.ts';
import type { ControlCallName } from '../api/control.ts';

/** What is needed to make a call. `waits`: the answer takes as long as the work behind it. */
export interface CallRoute {
  readonly method: ApiCall['method'];
  readonly path: string;
  readonly waits?: true;
}

/**
 * Method and path of each call of the contract, as plain data: the contract itself is made of schemas, and
 * loading those would double the time of a short command. A test holds this table against the contract.
 */
export const callRoutes: Readonly<Record<ControlCallName, CallRoute>> = {
  health: { method: 'GET', path: '/v1/health' },
  status: { method: 'GET', path: '/v1/status' },
  environment: { method: 'GET', path: '/v1/environments/:app/:environment' },
  plan: { method: 'POST', path: '/v1/plans', waits: true },
  startOperation: { method: 'POST', path: '/v1/operations' },
  operations: { method: 'GET', path: '/v1/operations' },
  operation: { method: 'GET', path: '/v1/operations/:id' },
  operationEvents: { method: 'GET', path: '/v1/operations/:id/events', waits: true },
  cancelOperation: { method: 'POST', path: '/v1/operations/:id/cancel' },
  releases: { method: 'GET', path: '/v1/apps/:app/releases' },
  config: { method: 'GET', path: '/v1/environments/:app/:environment/config' },
  changeConfig: { method: 'PATCH', path: '/v1/environments/:app/:environment/config' },
  maintenance: { method: 'PUT', path: '/v1/environments/:app/:environment/maintenance' },
  logs: { method: 'GET', path: '/v1/environments/:app/:environment/logs', waits: true },
  exec: { method: 'POST', path: '/v1/environments/:app/:environment/exec', waits: true },
  compare: { method: 'GET', path: '/v1/apps/:app/compare' },
  lifecycle: { method: 'GET', path: '/v1/apps/:app/lifecycle' },
  waive: { method: 'POST', path: '/v1/apps/:app/lifecycle/waivers' },
  evidence: { method: 'GET', path: '/v1/evidence' },
  verifyEvidence: { method: 'POST', path: '/v1/evidence/verify', waits: true },
  hosts: { method: 'GET', path: '/v1/hosts' },
  shutdown: { method: 'POST', path: '/v1/shutdown', waits: true },
};

/** What may stand in a path or a query. */
export type Plain = string | number | boolean;

/** Path and query of a call, every value escaped. Throws when a parameter of the path is missing. */
export function callTarget(
  route: CallRoute,
  params: Readonly<Record<string, Plain | undefined>>,
  query: Readonly<Record<string, Plain | undefined>>,
): string {
  const path = route.path.replaceAll(/:([a-z]+)/gi, (_match, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`Call ${route.path} without "${name}"`);
    return encodeURIComponent(String(value));
  });
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}
