import type { Rule } from './rule.ts';
import { listed } from './rule.ts';

export const checksAskOneThing: Rule = function* ({ manifest, has }) {
  for (const { name } of manifest.checks) {
    const http = has(['checks', name, 'http']);
    const command = has(['checks', name, 'command']);
    if (http === command) {
      yield {
        path: ['checks', name],
        at: 'key',
        message: http ? 'has both http and command' : 'needs http or command',
        hint: http ? 'make it two checks' : 'for example http: { path: / }',
      };
    }
  }
};

export const checksReachAService: Rule = function* ({ manifest, names }) {
  const routes = manifest.services.flatMap((service) => service.routes);
  // With a refused service the routes are not all known.
  if (names.services.size > manifest.services.length) return;
  for (const { name, probe } of manifest.checks) {
    if (probe.kind !== 'http') continue;
    const path = probe.path.split('?')[0] ?? '';
    if (routes.some((route) => route === '/' || path === route || path.startsWith(`${route}/`))) continue;
    yield {
      path: ['checks', name, 'http', 'path'],
      at: 'value',
      message: 'no service has a route for this path',
      hint: routes.length === 0 ? 'give a service routes' : `routes: ${listed(routes)}`,
    };
  }
};
