import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../core/json.ts';
import { manifestFromCanonical, toCanonicalManifest } from './canonical.ts';
import type { Manifest } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';
import { resolveEnvironment } from './resolve-environment.ts';

const text = `app: shop
configuration: { GREETING: hey, REGION: eu }
services:
  web:
    command: node server.js
    limits: { memory: 256MB, cpu: 0.5 }
    instances: 2
    environment: { LOG_LEVEL: info, GREETING: hello }
  worker: { command: [node, worker.js], restart: on-failure }
jobs: { digest: { command: node digest.js, environment: { GREETING: dear } } }
deploy: { watch: 30s, max_error_rate: 2% }
environments:
  staging:
    domains: [staging.shop.test, s.shop.test]
    configuration: { GREETING: hi }
    instances: { web: 1 }
    limits: { web: { memory: 128MB } }
    deploy: { watch: 0s }
    secrets: [SESSION_KEY]
  production:
    domain: shop.test
    tls: { certificate: /etc/c.pem, key: /etc/k.pem }
    promote_from: staging
`;

function manifest(): Manifest {
  const parsed = parseManifest(text, 'mainstay.yaml');
  assert.ok(parsed.ok);
  return parsed.manifest;
}

test('an environment is the manifest with its own values over it', () => {
  const staging = resolveEnvironment(manifest(), 'staging');
  assert.ok(staging !== undefined);
  const [web, worker] = staging.services;
  assert.equal(web?.instances, 1);
  assert.deepEqual(web?.limits, { memory: 128 * 1024 * 1024, cpu: 0.5 });
  assert.deepEqual(web?.environment, { LOG_LEVEL: 'info', GREETING: 'hi', REGION: 'eu' });
  assert.deepEqual(worker?.environment, { GREETING: 'hi', REGION: 'eu' });
  assert.deepEqual(staging.jobs[0]?.environment, { GREETING: 'hi', REGION: 'eu' });
  assert.deepEqual(staging.configuration, { GREETING: 'hi', REGION: 'eu' });
  assert.deepEqual([staging.deploy.watch, staging.deploy.maxErrorRate], [0, 0.02]);
  assert.deepEqual(staging.domains, ['staging.shop.test', 's.shop.test']);
  assert.deepEqual(staging.secrets, ['SESSION_KEY']);
});

test('an environment without overrides takes the values of the services', () => {
  const production = resolveEnvironment(manifest(), 'production');
  assert.equal(production?.services[0]?.instances, 2);
  assert.equal(production?.promoteFrom, 'staging');
  assert.deepEqual(
    production?.services.map(({ environment }) => environment['GREETING']),
    ['hello', 'hey'],
  );
  assert.deepEqual(production?.tls, { mode: 'files', certificate: '/etc/c.pem', key: '/etc/k.pem' });
});

test('an environment that is not there is undefined, whatever its name', () => {
  assert.equal(resolveEnvironment(manifest(), 'constructor'), undefined);
});

test('a stored manifest is read back as it was', () => {
  const stored = JSON.parse(canonicalJson(toCanonicalManifest(manifest()))) as unknown;
  assert.deepEqual(manifestFromCanonical(stored), manifest());
});

test('how a manifest is written does not change its canonical form', () => {
  const other = text
    .replace('{ LOG_LEVEL: info, GREETING: hello }', '{ GREETING: "hello", LOG_LEVEL: info } # the same')
    .replace('watch: 30s', 'watch: 0.5m')
    .replace('node server.js', ' node   server.js');
  const parsed = parseManifest(other, 'elsewhere.yaml');
  assert.ok(parsed.ok);
  assert.equal(
    canonicalJson(toCanonicalManifest(parsed.manifest)),
    canonicalJson(toCanonicalManifest(manifest())),
  );
});

test('a damaged stored manifest is refused with the place', () => {
  const stored = toCanonicalManifest(manifest()) as Record<string, unknown>;
  assert.throws(() => manifestFromCanonical({ ...stored, services: [{}] }), {
    code: 'state-corrupt',
    message: 'The stored manifest is damaged at services.0.name.',
  });
  assert.throws(() => manifestFromCanonical({ ...stored, extra: 1 }), { code: 'state-corrupt' });
  assert.throws(() => manifestFromCanonical(null), { code: 'state-corrupt' });
  assert.throws(() => manifestFromCanonical({ ...stored, format: 2 }), { code: 'state-newer' });
});
