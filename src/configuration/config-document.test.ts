import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSealer } from '../system/sealing.ts';
import {
  type ConfigChange,
  type ConfigDocument,
  changeConfig,
  compareConfig,
  emptyConfig,
  openSecrets,
  secretNames,
} from './config-document.ts';

const sealer = createSealer(Buffer.alloc(32, 7));
const environment = 'shop/staging';
const nothing: ConfigChange = { set: {}, unset: [], setSecrets: {}, unsetSecrets: [] };

function changed(before: ConfigDocument, change: Partial<ConfigChange>, where = environment): ConfigDocument {
  return changeConfig(before, { ...nothing, ...change }, where, sealer);
}

describe('changeConfig', () => {
  it('sets and unsets values and secrets, and leaves the document before as it was', () => {
    const first = changed(emptyConfig, { set: { A: '1', B: '2' }, setSecrets: { KEY: 'k1', TOKEN: 't1' } });
    const second = changed(first, {
      set: { A: '3' },
      unset: ['B'],
      setSecrets: { KEY: 'k2' },
      unsetSecrets: ['TOKEN'],
    });
    assert.deepEqual(first.values, { A: '1', B: '2' });
    assert.deepEqual(second.values, { A: '3' });
    assert.deepEqual(secretNames(second), ['KEY']);
    assert.deepEqual(openSecrets(second, ['KEY'], environment, sealer), { KEY: 'k2' });
    assert.deepEqual(openSecrets(first, ['KEY', 'TOKEN'], environment, sealer), { KEY: 'k1', TOKEN: 't1' });
    assert.deepEqual(emptyConfig, { values: {}, sealed: '{}' });
  });

  it('never holds the plain value of a secret', () => {
    const document = changed(emptyConfig, { setSecrets: { KEY: 'correct horse battery' } });
    assert.doesNotMatch(JSON.stringify(document), /correct|horse|battery/);
  });

  it('lets a name be moved from the values to the secrets in one change, but not be both', () => {
    const open = changed(emptyConfig, { set: { KEY: 'open' } });
    assert.throws(() => changed(open, { setSecrets: { KEY: 'hidden' } }), {
      code: 'config-invalid',
      message: 'KEY cannot be a value and a secret of shop/staging at once.',
    });
    const moved = changed(open, { unset: ['KEY'], setSecrets: { KEY: 'hidden' } });
    assert.deepEqual([moved.values, secretNames(moved)], [{}, ['KEY']]);
  });

  for (const name of ['', '1A', 'A-B', 'A B', 'A=B', 'ä', 'A'.repeat(129), 'MAINSTAY_URL']) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 12))}`, () => {
      assert.throws(() => changed(emptyConfig, { set: { [name]: '1' } }), { code: 'config-invalid' });
      assert.throws(() => changed(emptyConfig, { setSecrets: { [name]: '1' } }), { code: 'config-invalid' });
    });
  }

  it('refuses a value that no process can receive, without showing it', () => {
    for (const value of ['top\0secret', 'top secret'.repeat(20_000)]) {
      assert.throws(
        () => changed(emptyConfig, { setSecrets: { KEY: value } }),
        (error: Error) => error.message.includes('KEY') && !error.message.includes('top'),
      );
    }
    assert.throws(() => changed(emptyConfig, { setSecrets: { KEY: '' } }), { code: 'config-invalid' });
  });

  it('refuses to unset what is not set', () => {
    assert.throws(() => changed(emptyConfig, { unset: ['A'] }), { message: 'A is not set in shop/staging.' });
    assert.throws(() => changed(emptyConfig, { unsetSecrets: ['A'] }), {
      message: 'The secret A is not set in shop/staging.',
    });
  });
});

describe('openSecrets', () => {
  it('names every secret that is missing and the commands that set them', () => {
    const document = changed(emptyConfig, { setSecrets: { KEY: 'k' } });
    assert.throws(() => openSecrets(document, ['KEY', 'ONE', 'TWO'], environment, sealer), {
      code: 'config-invalid',
      message: 'shop/staging lacks secrets: ONE, TWO.',
      hint: 'Set each with: mainstay secret set staging ONE; mainstay secret set staging TWO',
    });
  });

  it('refuses secrets that were copied from another environment or another name', () => {
    const document = changed(emptyConfig, { setSecrets: { KEY: 'k' } });
    assert.throws(() => openSecrets(document, ['KEY'], 'shop/production', sealer), { code: 'state-corrupt' });
    const renamed = { ...document, sealed: document.sealed.replace('"KEY"', '"OTHER"') };
    assert.throws(() => openSecrets(renamed, ['OTHER'], environment, sealer), { code: 'state-corrupt' });
  });
});

describe('compareConfig', () => {
  it('names what was added, changed and removed, and no value of a secret', () => {
    const before = changed(emptyConfig, { set: { A: '1', B: '2' }, setSecrets: { KEY: 'k', OLD: 'o' } });
    const after = changed(before, {
      set: { A: '9', C: '3' },
      unset: ['B'],
      setSecrets: { KEY: 'k2', NEW: 'n' },
      unsetSecrets: ['OLD'],
    });
    assert.deepEqual(compareConfig(before, after), {
      added: ['C'],
      changed: ['A'],
      removed: ['B'],
      secretsSet: ['KEY', 'NEW'],
      secretsRemoved: ['OLD'],
    });
  });
});
