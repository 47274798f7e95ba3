import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRedactor } from './redact.ts';

test('a secret is taken out wherever it stands', () => {
  const { redact } = createRedactor(['hunter22']);
  assert.equal(redact('password=hunter22; again hunter22'), 'password=[secret]; again [secret]');
});

test('the longer of two secrets goes first, so that nothing of it is left behind', () => {
  const { redact } = createRedactor(['pass', 'password1']);
  assert.equal(redact('password1 pass'), '[secret] [secret]');
});

test('values shorter than four characters are left, because they would blot out ordinary words', () => {
  assert.equal(createRedactor(['abc', '']).redact('abc'), 'abc');
});

test('a secret is found in its JSON and URL forms', () => {
  const { redact } = createRedactor(['a"b c/d']);
  assert.equal(redact('{"key":"a\\"b c/d"}'), '{"key":"[secret]"}');
  assert.equal(redact('?key=a%22b%20c%2Fd'), '?key=[secret]');
});

test('a secret is found as other languages write it in JSON, URLs and pages', () => {
  const secret = 'pä/ss wörd(1)&"2"';
  const { redact } = createRedactor([secret]);
  for (const written of [
    String.raw`p\u00e4/ss w\u00f6rd(1)&\"2\"`,
    String.raw`p\u00e4\/ss w\u00f6rd(1)&\"2\"`,
    'p%c3%a4%2fss%20w%c3%b6rd(1)%26%222%22',
    'p%C3%A4%2Fss%20w%C3%B6rd%281%29%26%222%22',
    'p%C3%A4%2Fss+w%C3%B6rd%281%29%26%222%22',
    'pä/ss wörd(1)&amp;&quot;2&quot;',
  ])
    assert.equal(redact(`<${written}>`), '<[secret]>', written);
});

test('a secret is found in base64, whatever stands before and after it', () => {
  const secret = 'correct-horse-42>?';
  const { redact } = createRedactor([secret]);
  for (const before of ['', 'u', 'us', 'user:', 'user12:'])
    for (const after of ['', '!', '!!', '\n']) {
      for (const coding of ['base64', 'base64url'] as const) {
        const line = redact(`Basic ${Buffer.from(before + secret + after).toString(coding)}`);
        const left = Buffer.from(line.replace('[secret]', ' ').split(' ').slice(1).join(''), coding);
        assert.match(line, /\[secret\]/, `${before}…${after}`);
        assert.equal(left.includes('horse'), false);
      }
    }
});

test('short values do not blot out text that looks like their base64', () => {
  assert.equal(createRedactor(['abcd']).redact('YWJj YWJjZA== Jj'), 'YWJj [secret] Jj');
  assert.equal(createRedactor(['1234']).redact('TIzN IzNA'), 'TIzN IzNA');
});

test('of a secret with several lines each line is redacted by itself', () => {
  const { redact } = createRedactor(['-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n']);
  assert.equal(redact('MIIEvQIBADAN'), '[secret]');
});

test('characters that mean something in patterns are taken literally', () => {
  assert.equal(createRedactor(['a.b*[c]-$']).redact('axb a.b*[c]-$'), 'axb [secret]');
});

test('cutting text at the safe places never lets a part of a secret through', () => {
  const secrets = ['abcabd', 'bdab', 'ccccc'];
  const redactor = createRedactor(secrets);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'abcabd', 'ccccc'), { maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (parts, sizes) => {
        const text = parts.join('');
        let rest = '';
        let cleaned = '';
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          rest += text.slice(at, at + size);
          at += size;
          const cut = redactor.safeCut(rest);
          cleaned += redactor.redact(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        cleaned += redactor.redact(rest);
        for (const secret of secrets) assert.equal(cleaned.includes(secret), false);
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});
