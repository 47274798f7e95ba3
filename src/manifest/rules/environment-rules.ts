import { closestWord } from '../closest-word.ts';
import type { Strategy } from '../manifest.ts';
import type { Problem } from '../problem.ts';
import type { Rule } from './rule.ts';
import { listed } from './rule.ts';

export const someEnvironment: Rule = function* ({ names, has }) {
  if (names.environments.size > 0 || !has(['environments'])) return;
  yield {
    path: ['environments'],
    at: 'key',
    message: 'an app needs at least one environment',
    hint: 'for example environments: { production: { domain: guestbook.example.com } }',
  };
};

export const domainsAreTheirOwn: Rule = function* ({ manifest, has }) {
  const routed = manifest.services.find((service) => service.routes.length > 0);
  const owners = new Map<string, string>();
  for (const { name, domains } of manifest.environments) {
    const path = ['environments', name];
    const one = has([...path, 'domain']);
    if (one && has([...path, 'domains'])) {
      yield {
        path: [...path, 'domains'],
        at: 'key',
        message: 'stands beside domain',
        hint: 'use one of the two',
      };
      continue;
    }
    if (domains.length === 0 && routed !== undefined) {
      yield {
        path: [...path, 'domain'],
        at: 'key',
        message: `is missing: services.${routed.name} has routes`,
        hint: `for a try on this machine, domain: ${name}.${manifest.app}.localhost`,
      };
    }
    for (const [index, domain] of domains.entries()) {
      const owner = owners.get(domain);
      owners.set(domain, owner ?? name);
      if (owner === undefined) continue;
      yield {
        path: one ? [...path, 'domain'] : [...path, 'domains', index],
        at: 'value',
        message:
          owner === name
            ? `"${domain}" is there twice`
            : `"${domain}" belongs to environments.${owner} already`,
      };
    }
  }
};

export const promotionsLeadSomewhere: Rule = function* ({ manifest, names }) {
  const sources = new Map(manifest.environments.map(({ name, promoteFrom }) => [name, promoteFrom]));
  for (const { name, promoteFrom } of manifest.environments) {
    if (promoteFrom === null || names.environments.has(promoteFrom)) continue;
    const path = ['environments', name, 'promote_from'];
    yield unknownName(path, 'value', promoteFrom, 'environment', names.environments);
  }
  for (const [first = '', ...others] of circlesIn(sources)) {
    const message =
      others.length === 0
        ? 'an environment cannot be promoted from itself'
        : `goes in a circle through ${listed([first, ...others])}`;
    yield { path: ['environments', first, 'promote_from'], at: 'value', message };
  }
};

/** Each circle once, beginning with the member that stands first in the file. Linear in the environments. */
function circlesIn(sources: ReadonlyMap<string, string | null>): string[][] {
  const circles: string[][] = [];
  const seen = new Set<string>();
  const order = new Map([...sources.keys()].map((name, index) => [name, index]));
  for (const start of sources.keys()) {
    const way: string[] = [];
    let next: string | null = start;
    while (next !== null && !seen.has(next)) {
      seen.add(next);
      way.push(next);
      next = sources.get(next) ?? null;
    }
    const closing = next === null ? -1 : way.indexOf(next);
    if (closing === -1) continue;
    const circle = way.slice(closing);
    const rank = (name: string) => order.get(name) ?? 0;
    const first = circle.reduce(
      (best, name, index) => (rank(name) < rank(circle[best] ?? '') ? index : best),
      0,
    );
    circles.push([...circle.slice(first), ...circle.slice(0, first)]);
  }
  return circles;
}

export const overridesMeetServices: Rule = function* ({ manifest, names, has }) {
  for (const { name, overrides } of manifest.environments) {
    for (const { service } of overrides) {
      if (names.services.has(service)) continue;
      for (const key of ['instances', 'limits']) {
        const path = ['environments', name, key, service];
        if (has(path)) yield unknownName(path, 'key', service, 'service', names.services);
      }
    }
  }
};

function unknownName(
  path: Problem['path'],
  at: Problem['at'],
  written: string,
  kind: string,
  known: ReadonlySet<string>,
): Problem {
  const near = closestWord(written, known);
  return {
    path,
    at,
    message: `there is no ${kind} "${written}"`,
    hint: near === undefined ? `known: ${listed([...known])}` : `did you mean "${near}"?`,
  };
}

const deployable: ReadonlySet<Strategy> = new Set(['process']);

/** The words are the design's; until their drivers exist, saying so early beats failing late. */
export const strategiesAreBuilt: Rule = function* ({ manifest }) {
  for (const { name, strategy, hosts } of manifest.environments) {
    if (!deployable.has(strategy)) {
      yield {
        path: ['environments', name, 'strategy'],
        at: 'value',
        message: `this version of Mainstay cannot deploy with the strategy "${strategy}" yet`,
        hint: 'use process, which runs the app on a plain server',
      };
    }
    for (const [index, host] of hosts.entries()) {
      if (host === 'local' && hosts.indexOf(host) === index) continue;
      yield {
        path: ['environments', name, 'hosts', index],
        at: 'value',
        message:
          host === 'local'
            ? '"local" is there twice'
            : `this version of Mainstay cannot reach the host "${host}" yet`,
        hint: host === 'local' ? undefined : 'use local, the machine that Mainstay runs on',
      };
    }
  }
};
