import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DeployRecords } from '../deploys/records.ts';
import { manifestFromCanonical, toCanonicalManifest } from '../manifest/canonical.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { openStore, type Store } from '../store/store.ts';
import { systemClock } from '../system/clock.ts';
import { createSealer } from '../system/sealing.ts';
import { ConfigurationService } from './configuration-service.ts';
import { deployRecords } from './deploy-records.ts';
import { newestManifest } from './newest-manifest.ts';

const text = `
app: shop
services: { web: { command: node web.js, health: /up } }
environments:
  staging: { domain: staging.shop.localhost, secrets: [TOKEN] }
  production: { domain: shop.localhost, promote_from: staging }
`;

describe('records of deploys over the store', () => {
  let directory = '';
  let store: Store;
  let records: DeployRecords;
  const one = 'a'.repeat(64);
  const two = 'b'.repeat(64);

  const addRelease = (digest: string) => {
    const parsed = parseManifest(text, 'mainstay.yaml');
    assert.ok(parsed.ok);
    store.releases.add({
      digest,
      app: 'shop',
      sourceDigest: digest,
      manifest: toCanonicalManifest(parsed.manifest),
      treeDigest: digest,
      files: 1,
      bytes: 1,
      commit: null,
      dirty: false,
      runtimes: {},
      buildOperation: null,
    });
  };
  const deploy = (environment: string, release: string, key: string, forced: string | null = null) => {
    const { operation } = store.operations.queue.enqueue({
      id: key,
      kind: 'deploy',
      environment,
      idempotencyKey: key,
      input: {},
      requestedBy: 'test',
    });
    const deployment = {
      id: key,
      environment,
      release,
      configRevision: 0,
      operation: operation.id,
      instances: [],
      startedAt: 0,
    };
    records.recordDeployment(deployment, ['home'], forced);
    return deployment;
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'records-'));
    store = await openStore({ path: join(directory, 'mainstay.db'), clock: systemClock });
    records = deployRecords(store, manifestFromCanonical);
    store.apps.ensure('shop', null);
    for (const name of ['staging', 'production']) store.environments.ensure('shop', name);
    addRelease(one);
    addRelease(two);
  });
  after(async () => {
    store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('counts a release as verified where it was deployed and its checks passed, and nowhere else', () => {
    assert.equal(records.verification('shop/staging', one).verified, false);
    deploy('shop/staging', one, 'first-deploy');
    assert.equal(records.verification('shop/staging', one).verified, true);
    assert.equal(records.verification('shop/production', one).verified, false);
    assert.equal(records.verification('shop/staging', two).verified, false);
  });

  it('takes the verification back when a check fails later', () => {
    store.evidence.append({ kind: 'verification.failed', subject: 'shop/staging', data: { release: one } });
    assert.match(records.verification('shop/staging', one).reason, /last verification/);
    records.recordChecks('shop/staging', one, ['home']);
    assert.equal(records.verification('shop/staging', one).verified, true);
  });

  it('records a deployment once, however often the step is repeated', () => {
    const before = store.evidence.head()?.seq ?? 0;
    deploy('shop/production', one, 'second-deploy');
    const deployment = records.current('shop/production');
    assert.ok(deployment);
    records.recordDeployment(deployment, ['home'], null);
    assert.equal(store.evidence.head()?.seq, before + 1);
  });

  it('offers the deployment before the current one for a rollback', () => {
    deploy('shop/production', two, 'third-deploy', 'a hot fix');
    assert.deepEqual(
      records.previous('shop/production').map(({ release }) => release),
      [one],
    );
    assert.equal(records.promotionSource('shop/production'), 'staging');
    const [forced] = store.evidence.read({ subject: 'shop/production', kind: 'promotion.forced', limit: 1 });
    assert.match(JSON.stringify(forced?.data), /"reason":"a hot fix"/);
  });

  it('keeps secrets sealed in the store and opens them for the revision that was asked for', () => {
    const configuration = new ConfigurationService(store, createSealer(Buffer.alloc(32, 7)), (environment) =>
      newestManifest(store, environment),
    );
    assert.deepEqual(configuration.get('shop/staging').missing, ['TOKEN']);
    const nothing = { set: {}, unset: [], setSecrets: {}, unsetSecrets: [] };
    configuration.change('shop/staging', { ...nothing, setSecrets: { TOKEN: 'hush-hush' } }, 'test');
    configuration.change('shop/staging', { ...nothing, setSecrets: { TOKEN: 'changed' } }, 'test');
    const { revision, missing, secrets } = configuration.get('shop/staging');
    assert.deepEqual([missing, secrets], [[], ['TOKEN']]);
    assert.deepEqual(configuration.secrets('shop/staging', revision - 1, ['TOKEN']), { TOKEN: 'hush-hush' });
    assert.deepEqual(configuration.secrets('shop/staging', revision, ['TOKEN']), { TOKEN: 'changed' });
    assert.ok(!JSON.stringify(store.configRevisions.latest('shop/staging')).includes('changed'));
    assert.throws(() => configuration.secrets('shop/staging', revision, ['OTHER']), {
      code: 'config-invalid',
    });
  });

  it('does not store in the open what the manifest calls a secret', () => {
    const configuration = new ConfigurationService(store, createSealer(Buffer.alloc(32, 7)), (environment) =>
      newestManifest(store, environment),
    );
    const { revision } = configuration.get('shop/staging');
    const change = { set: { TOKEN: 'plain-value' }, unset: [], setSecrets: {}, unsetSecrets: [] };
    assert.throws(
      () => configuration.change('shop/staging', change, 'test'),
      (error: Error & { hint?: string }) =>
        /secret/.test(error.message) &&
        !`${error.message}${error.hint}`.includes('plain-value') &&
        /mainstay secret set staging TOKEN/.test(error.hint ?? ''),
    );
    assert.equal(configuration.get('shop/staging').revision, revision);
  });

  it('forgets configuration and secrets with the environment, also for one that comes back', () => {
    const configuration = new ConfigurationService(store, createSealer(Buffer.alloc(32, 7)), () => undefined);
    const change = { set: { COLOUR: 'red' }, unset: [], setSecrets: { TOKEN: 'hush' }, unsetSecrets: [] };
    configuration.change('shop/staging', change, 'test');
    const { revision } = configuration.get('shop/staging');
    records.recordRemoved('shop/staging', 'an-operation', 'keep');
    store.environments.ensure('shop', 'staging');
    const { values, secrets } = configuration.get('shop/staging');
    assert.deepEqual([values, secrets], [{}, []]);
    assert.deepEqual(configuration.secretNames('shop/staging', revision - 1), []);
  });
});
