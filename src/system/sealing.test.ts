import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seal, unseal } from './sealing.ts';

const key = Buffer.alloc(32, 1);

describe('seal and unseal', () => {
  it('give back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        assert.equal(unseal(key, seal(key, text, context), context), text);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('never seal twice alike, and show nothing of the text', () => {
    const texts = Array.from({ length: 50 }, () => seal(key, 'the same text', 'context'));
    assert.equal(new Set(texts).size, 50);
    for (const text of texts) assert.match(text, /^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
  });

  it('refuse a text that was changed in any place', () => {
    const sealed = seal(key, 'text', 'context');
    const body = sealed.lastIndexOf('.') + 1;
    for (let at = 0; at < sealed.length - 1; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const changed = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`;
      assert.throws(() => unseal(key, changed, 'context'), { code: 'state-corrupt' }, `place ${at}`);
    }
    for (let length = 0; length < sealed.length; length += 1)
      assert.throws(() => unseal(key, sealed.slice(0, length), 'context'), { code: 'state-corrupt' });
    assert.throws(() => unseal(key, `${sealed.slice(0, body)}`, 'context'), { code: 'state-corrupt' });
  });

  it('refuse a text that was sealed for another context', () => {
    const sealed = seal(key, 'text', 'here');
    assert.throws(() => unseal(key, sealed, 'there'), {
      code: 'state-corrupt',
      message: /belongs elsewhere/,
    });
  });

  it('say when another key sealed it', () => {
    const sealed = seal(randomBytes(32), 'text', 'context');
    assert.throws(() => unseal(key, sealed, 'context'), {
      code: 'state-corrupt',
      message: /sealed with the key/,
    });
  });
});
