import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIssue, parseManifest } from './parse-manifest.ts';

const file = 'mainstay.yaml';
const web = 'services: { web: { command: node x } }\n';
const production = 'environments: { production: { domain: a.example.com } }\n';

function manifestOf(text: string) {
  const parsed = parseManifest(text, file);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.issues.map(formatIssue).join('\n'));
  return parsed.manifest;
}

function faultsOf(text: string): string[] {
  const parsed = parseManifest(text, file);
  assert.ok(!parsed.ok, 'the manifest was accepted');
  return parsed.issues.map(formatIssue);
}

test('the smallest manifest gets every default', () => {
  const manifest = manifestOf(`app: shop\n${web}${production}`);
  assert.deepEqual(manifest.services, [
    {
      name: 'web',
      command: { kind: 'argv', argv: ['node', 'x'] },
      port: { kind: 'auto', env: 'PORT' },
      routes: ['/'],
      health: null,
      instances: 1,
      stop: { signal: 'SIGTERM', grace: 30_000 },
      limits: { memory: null, cpu: null },
      environment: {},
      restart: { policy: 'always', maxDelay: 60_000 },
    },
  ]);
  assert.deepEqual(manifest.deploy, {
    watch: 10_000,
    drain: 30_000,
    hold: 10_000,
    maxErrorRate: 0.01,
    maxLatencyFactor: 3,
  });
  assert.deepEqual(manifest.release, { before: [], timeout: 300_000, keep: 5 });
  assert.equal(manifest.environments[0]?.strategy, 'process');
  assert.deepEqual(manifest.environments[0]?.hosts, ['local']);
  assert.deepEqual(manifest.environments[0]?.tls, { mode: 'off' });
});

test('the only service with a port answers all paths, and one called web before any other', () => {
  const only = manifestOf(
    `app: shop\nservices: { api: { command: a, health: /up }, worker: { command: b } }\n${production}`,
  );
  assert.deepEqual(
    only.services.map(({ routes, port }) => [routes, port.kind]),
    [
      [['/'], 'auto'],
      [[], 'none'],
    ],
  );
  const both = manifestOf(
    `app: shop\nservices: { api: { command: a, port: 4000 }, web: { command: b } }\n${production}`,
  );
  assert.deepEqual(
    both.services.map(({ routes, port }) => [routes, port.kind]),
    [
      [[], 'fixed'],
      [['/'], 'auto'],
    ],
  );
});

test('references and merge keys are resolved, and what is written out wins', () => {
  const manifest = manifestOf(`app: shop
x-common: &common
  limits: { memory: 64MB }
  environment: &env { A: one, B: two }
services:
  web: { <<: *common, command: a }
  worker: { command: b, limits: { cpu: 2 }, <<: [*common] }
jobs:
  night: { command: c, environment: { <<: *env, B: three } }
${production}`);
  assert.equal(manifest.services[0]?.limits.memory, 64 * 1024 * 1024);
  assert.deepEqual(manifest.services[1]?.limits, { memory: null, cpu: 2 });
  assert.deepEqual(manifest.services[1]?.environment, { A: 'one', B: 'two' });
  assert.deepEqual(manifest.jobs[0]?.environment, { A: 'one', B: 'three' });
});

test('numbers and truth values among variables keep the spelling of the file', () => {
  const manifest = manifestOf(
    `app: shop\nservices: { web: { command: a, environment: { A: 1.10, B: true, C: 0x1F, D: no } } }\n${production}`,
  );
  assert.deepEqual(manifest.services[0]?.environment, { A: '1.10', B: 'true', C: '0x1F', D: 'no' });
});

test('faults of one file are told together, in its order', () => {
  assert.deepEqual(
    faultsOf(`app: shop
services:
  web:
    command: node x
    prot: 3000
    stop: { grace: 30 }
environments:
  production:
    domain: a.example.com
    promote_from: stagin
  staging:
    domain: a.example.com
`),
    [
      'mainstay.yaml:5:5 services.web.prot: unknown key; did you mean "port"?',
      'mainstay.yaml:6:20 services.web.stop.grace: expected a duration such as 30s or 5m, got the number 30; write 30s for seconds',
      'mainstay.yaml:10:19 environments.production.promote_from: there is no environment "stagin"; did you mean "staging"?',
      'mainstay.yaml:12:13 environments.staging.domain: "a.example.com" belongs to environments.production already',
    ],
  );
});

/** What stands in the file below the lines `app: shop`; `…` stands for a web service and production. */
const faults: readonly (readonly [string, ...string[]])[] = [
  ['…\nbild: {}', 'mainstay.yaml:4:1 bild: unknown key; did you mean "build"?'],
  [
    '…\nzebra: {}',
    'mainstay.yaml:4:1 zebra: unknown key; known keys: app, build, configuration, services, release, data, jobs, checks, deploy, environments',
  ],
  [
    `services: { web: {} }\n${production}`,
    'mainstay.yaml:2:13 services.web.command: is missing; for example command: node server.js',
  ],
  [
    web,
    'mainstay.yaml:1:1 environments: is missing; for example environments: { production: { domain: guestbook.example.com } }',
  ],
  [
    `services: {}\n${production}`,
    'mainstay.yaml:2:1 services: an app needs at least one service or job; for example services: { web: { command: node server.js } }',
  ],
  ['…\nrelease: { keep: five }', 'mainstay.yaml:4:18 release.keep: expected a whole number, got "five"'],
  ['…\nrelease: { keep: 0 }', 'mainstay.yaml:4:18 release.keep: must be at least 1'],
  ['…\nrelease: 5', 'mainstay.yaml:4:10 release: expected a mapping, got the number 5'],
  [
    '…\nrelease:',
    'mainstay.yaml:4:9 release: expected a mapping, got nothing; fill it in, or leave the key out',
  ],
  [
    '…\nbuild: { commands: { a: b } }',
    'mainstay.yaml:4:20 build.commands: expected a command or a list of commands, got a mapping',
  ],
  [
    '…\nbuild: { commands: [[make, 1]] }',
    'mainstay.yaml:4:28 build.commands[0][1]: expected a word, got the number 1; write "1" in quotes',
  ],
  [
    '…\nbuild: { cache: [/tmp/x, ../y, "a//b", .] }',
    'mainstay.yaml:4:18 build.cache[0]: must be a relative path; it is taken inside the source',
    'mainstay.yaml:4:26 build.cache[1]: must not contain ".."; it stays inside the source',
    'mainstay.yaml:4:32 build.cache[2]: "a//b" is not a plain path; leave out ".", and slashes that follow each other',
    'mainstay.yaml:4:40 build.cache[3]: "." is not a plain path; leave out ".", and slashes that follow each other',
  ],
  [
    `services: { web: { command: " " }, worker: { command: [] } }\n${production}`,
    'mainstay.yaml:2:29 services.web.command: must not be empty',
    'mainstay.yaml:2:55 services.worker.command: must not be empty',
  ],
  [
    `services: { web: { command: "a\\0b" } }\n${production}`,
    'mainstay.yaml:2:29 services.web.command: contains a NUL character',
  ],
  [
    `services: { web: { command: a, stop: { signal: TERM } } }\n${production}`,
    'mainstay.yaml:2:48 services.web.stop.signal: expected one of "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGKILL", got "TERM"; did you mean "SIGTERM"?',
  ],
  [
    `services: { web: { command: a, port: auot } }\n${production}`,
    'mainstay.yaml:2:38 services.web.port: expected "auto", got "auot"; did you mean "auto"?',
  ],
  [
    `services: { web: { command: a, port: 70000 } }\n${production}`,
    'mainstay.yaml:2:38 services.web.port: must be at most 65535',
  ],
  [
    `services: { web: { command: a, port: 3000, instances: 2 } }\n${production}`,
    'mainstay.yaml:2:55 services.web.instances: only one instance can listen on the fixed port 3000; use port: auto, or 1 instance',
  ],
  [
    `services: { web: { command: a, port: 3000 } }\nenvironments: { a: { domain: a.test, instances: { web: 2 } } }`,
    'mainstay.yaml:3:56 environments.a.instances.web: only one instance can listen on the fixed port 3000; use port: auto, or 1 instance',
  ],
  [
    `services: { web: { command: a, port: 3000 } }\nenvironments: { a: { domain: a.test }, b: { domain: b.test } }`,
    'mainstay.yaml:2:38 services.web.port: the environments a and b share the host local, where port 3000 can be held once; use port: auto, or 0 instances in one of them',
  ],
  [
    `services: { web: { command: a, port: 3000 }, api: { command: b, port: 3000 } }\n${production}`,
    'mainstay.yaml:2:71 services.api.port: services.web listens on port 3000 already; use port: auto where the app can take its port from a variable',
  ],
  [
    `services: { web: { command: a, limits: { memory: 256m } } }\n${production}`,
    'mainstay.yaml:2:50 services.web.limits.memory: "256m" is not a size; write 256MB',
  ],
  [
    `services: { web: { command: a, limits: { memory: 1KB, cpu: 0 } } }\n${production}`,
    'mainstay.yaml:2:50 services.web.limits.memory: is less than 4MB, too little for any process',
    'mainstay.yaml:2:60 services.web.limits.cpu: must be more than 0',
  ],
  [
    `services: { web: { command: a, health: { pth: /x } } }\n${production}`,
    'mainstay.yaml:2:32 services.web.health.path: is missing; for example path: /health',
    'mainstay.yaml:2:42 services.web.health.pth: unknown key; did you mean "path"?',
  ],
  [
    `services: { web: { command: a, routes: [/, /shop/] }, api: { command: b, routes: [/shop] } }\n${production}`,
    'mainstay.yaml:2:83 services.api.routes[0]: the route "/shop" goes to services.web already',
  ],
  [
    `services: { web: { command: a, environment: { PORT: 1, 1A: x } } }\n${production}`,
    'mainstay.yaml:2:56 services.web.environment.1A: "1A" cannot name an environment variable; use letters, digits and "_", not beginning with a digit',
  ],
  [
    `services: { web: { command: a, environment: { PORT: 1 } } }\n${production}`,
    'mainstay.yaml:2:47 services.web.environment.PORT: Mainstay sets this variable to its port; remove it here',
  ],
  [
    `services: { Web_1: { command: a, routes: [/] } }\n${production}`,
    'mainstay.yaml:2:13 services.Web_1: "Web_1" cannot name a service; use a-z, 0-9 and "-", beginning with a letter, at most 40; such as "web-1"',
  ],
  [
    '…\ndata: { a: { type: files, path: up, env: A }, b: { type: sqlite, path: up/x.db, env: A } }',
    'mainstay.yaml:4:72 data.b.path: overlaps "up" of data.a; give each its own place, side by side',
    'mainstay.yaml:4:86 data.b.env: A holds the path of data.a already',
  ],
  [
    '…\njobs: { a: { command: x, schedule: 0 25 * * *, timezone: Europe/Berln } }',
    'mainstay.yaml:4:36 jobs.a.schedule: hour: "25" is not 0 to 23',
    'mainstay.yaml:4:58 jobs.a.timezone: "Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?',
  ],
  [
    '…\nchecks: { a: { http: { path: / }, command: x }, b: { timeout: 1s } }',
    'mainstay.yaml:4:11 checks.a: has both http and command; make it two checks',
    'mainstay.yaml:4:49 checks.b: needs http or command; for example http: { path: / }',
  ],
  [
    `services: { web: { command: a, routes: [/shop] } }\nchecks: { a: { http: { path: /shopping } } }\n${production}`,
    'mainstay.yaml:3:30 checks.a.http.path: no service has a route for this path; routes: /shop',
  ],
  [
    '…\ndeploy: { max_error_rate: 2 }',
    'mainstay.yaml:4:27 deploy.max_error_rate: expected a percentage such as 1%, got the number 2; write 2%',
  ],
  [
    `${web}environments: {}`,
    'mainstay.yaml:3:1 environments: an app needs at least one environment; for example environments: { production: { domain: guestbook.example.com } }',
  ],
  [
    `${web}environments: { a: {} }`,
    'mainstay.yaml:3:17 environments.a.domain: is missing: services.web has routes; for a try on this machine, domain: a.shop.localhost',
  ],
  [
    `${web}environments: { a: { domain: "https://x.org" }, b: { domain: "x.org:80" }, c: { domain: X.org }, d: { domain: "*.x.org" } }`,
    'mainstay.yaml:3:30 environments.a.domain: "https://x.org" is not a domain; leave out the scheme and path; write the host name alone',
    'mainstay.yaml:3:62 environments.b.domain: "x.org:80" is not a domain; leave out the port; Mainstay knows where it listens',
    'mainstay.yaml:3:89 environments.c.domain: "X.org" is not a domain; write it in lower case, x.org',
    'mainstay.yaml:3:111 environments.d.domain: "*.x.org" is not a domain; wildcards are not supported; list each name under domains',
  ],
  [
    `${web}environments: { a: { domain: a.test, tls: on }, b: { domain: b.test, tls: { certificate: a.pem } } }`,
    'mainstay.yaml:3:43 environments.a.tls: expected "off" or "local", got "on"',
    'mainstay.yaml:3:70 environments.b.tls.key: is missing; for example key: /etc/ssl/shop.key',
    'mainstay.yaml:3:90 environments.b.tls.certificate: "a.pem" is not an absolute path on the host; begin it with "/"',
  ],
  [
    `${web}environments: { a: { domain: a.test, strategy: swarm }, b: { domain: b.test, hosts: [web-1] } }`,
    'mainstay.yaml:3:48 environments.a.strategy: this version of Mainstay cannot deploy with the strategy "swarm" yet; use process, which runs the app on a plain server',
    'mainstay.yaml:3:86 environments.b.hosts[0]: this version of Mainstay cannot reach the host "web-1" yet; use local, the machine that Mainstay runs on',
  ],
  [
    `${web}environments: { a: { domain: a.test, promote_from: b }, b: { domain: b.test, promote_from: a }, c: { domain: c.test, promote_from: c } }`,
    'mainstay.yaml:3:52 environments.a.promote_from: goes in a circle through a and b',
    'mainstay.yaml:3:132 environments.c.promote_from: an environment cannot be promoted from itself',
  ],
  [
    `${web}environments: { a: { domain: a.test, instances: { wbe: 1 } } }`,
    'mainstay.yaml:3:51 environments.a.instances.wbe: there is no service "wbe"; did you mean "web"?',
  ],
  [
    `${web}environments: { a: { domain: a.test, configuration: { KEY: x }, secrets: [KEY, B, B] } }`,
    'mainstay.yaml:3:75 environments.a.secrets[0]: KEY stands in configuration too, where everyone can read it',
    'mainstay.yaml:3:83 environments.a.secrets[2]: B is there twice',
  ],
];

for (const [body, ...expected] of faults) {
  const shown = expected[0]?.replace('mainstay.yaml:', '').slice(0, 90);
  test(`a fault is told where it is: ${shown}`, () => {
    assert.deepEqual(faultsOf(`app: shop\n${body.replace('…\n', `${web}${production}`)}`), expected);
  });
}

test('a fault that follows from another one is not told', () => {
  assert.deepEqual(faultsOf(`app: shop\n${web}environments: { a: { domain: A.test } }`), [
    'mainstay.yaml:3:30 environments.a.domain: "A.test" is not a domain; write it in lower case, a.test',
  ]);
  assert.deepEqual(
    faultsOf(
      'app: shop\nservices: { web: {} }\nenvironments: { a: { domain: a.test, instances: { web: 1 }, promote_from: b }, b: 1 }',
    ),
    [
      'mainstay.yaml:2:13 services.web.command: is missing; for example command: node server.js',
      'mainstay.yaml:3:83 environments.b: expected a mapping, got the number 1',
    ],
  );
});

test('columns count from the start of the line whatever ends it', () => {
  assert.deepEqual(faultsOf(`app: shop\r\n${web.trim()}\r\n${production.trim()}\r\nbild: 1\r\n`), [
    'mainstay.yaml:4:1 bild: unknown key; did you mean "build"?',
  ]);
});

test('at most a hundred faults are told, and then how many more there are', () => {
  const keys = Array.from({ length: 150 }, (_, index) => `a${index}: { type: x, path: y, env: Z }`);
  const issues = faultsOf(`app: shop\n${web}${production}data: {\n ${keys.join(',\n ')} }\n`);
  assert.equal(issues.length, 101);
  assert.match(issues.at(-1) ?? '', /and \d+ more faults from here on$/);
});

test('a circle of a thousand environments is told once', () => {
  const environments = Array.from(
    { length: 1000 },
    (_, index) => `e${index}: { domain: e${index}.test, promote_from: e${(index + 1) % 1000} }`,
  );
  assert.deepEqual(faultsOf(`app: shop\n${web}environments: {\n ${environments.join(',\n ')} }\n`), [
    'mainstay.yaml:4:39 environments.e0.promote_from: goes in a circle through e0, e1, e2, e3, e4 and 995 more',
  ]);
});
