import type { Route } from '../ingress.ts';

/** A route for `app.test` to upstreams `web-1`, `web-2` … on these ports, with short bounds. */
export function testRoute(ports: readonly number[], changes: Partial<Route> = {}): Route {
  return {
    id: 'app/test/web /',
    environment: 'app/test',
    service: 'web',
    hosts: ['app.test'],
    pathPrefix: '/',
    upstreams: ports.map((port, index) => ({ instance: `web-${index + 1}`, port, release: 'r1' })),
    tls: { mode: 'off' },
    health: null,
    holdMs: 2000,
    maintenance: null,
    limits: {
      maxBodyBytes: 1024 * 1024,
      headTimeoutMs: 2000,
      bodyIdleTimeoutMs: 2000,
      responseTimeoutMs: 5000,
    },
    ...changes,
  };
}
