import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { scanForSecrets } from './scan-for-secrets.ts';
import { createSecretFinder } from './secret-finder.ts';

describe('createSecretFinder', () => {
  const secrets = { KEY: 'correct horse battery', JSON_KEY: 'a"b\\c"d\\e', SHORT: 'abc' };

  it('finds a value as it is, as JSON writes it, and as base64', () => {
    for (const [text, name] of [
      ['x=correct horse battery;', 'KEY'],
      [JSON.stringify({ a: secrets.JSON_KEY }), 'JSON_KEY'],
      [`data: ${Buffer.from(secrets.KEY).toString('base64')}`, 'KEY'],
    ] as const)
      assert.equal(createSecretFinder(secrets)?.()(Buffer.from(text)), name);
  });

  it('finds a value wherever the content is cut into pieces', () => {
    const content = Buffer.from(`before ${secrets.KEY} after`);
    fc.assert(
      fc.property(fc.array(fc.nat(content.length), { maxLength: 6 }), (cuts) => {
        const search = createSecretFinder(secrets)?.();
        const places = [0, ...cuts.sort((a, b) => a - b), content.length];
        const found = places.slice(1).map((end, index) => search?.(content.subarray(places[index], end)));
        assert.ok(found.includes('KEY'));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('does not look for values so short that they stand in files by chance', () => {
    assert.equal(createSecretFinder({ SHORT: 'abc' }), undefined);
    assert.equal(createSecretFinder(secrets)?.()(Buffer.from('abc')), undefined);
  });
});

describe('scanForSecrets', () => {
  // Put together here, so that this file itself holds nothing that looks like a credential.
  const samples: Readonly<Record<string, string>> = {
    'private key': `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${'MIIEpAIBAAKCAQEA'.repeat(4)}\n`,
    'AWS access key': `AK${'IA'}IOSFODNN7EXAMPLE`,
    'GitHub token': `gh${'p_'}${'a1B2'.repeat(9)}`,
    'GitLab token': `glp${'at-'}${'x'.repeat(20)}`,
    'Slack token': `xo${'xb-'}123456789012-abcdefghijkl`,
    'Stripe live key': `sk_${'live_'}${'a1'.repeat(12)}`,
    'Google API key': `AI${'za'}${'a'.repeat(35)}`,
    'npm token': `np${'m_'}${'a'.repeat(36)}`,
    'password in a database address': 'postgres' + '://app:hunter2hunter2@db/app',
  };
  for (const [kind, sample] of Object.entries(samples)) {
    it(`finds a ${kind} and its line`, () => {
      const found = scanForSecrets('src/a.js', Buffer.from(`first line\n\nconst x = '${sample}';\n`));
      assert.deepEqual(found, [{ path: 'src/a.js', line: 3, kind }]);
    });
  }

  const harmless = [
    '-----BEGIN PUBLIC KEY-----\nMIIEpAIBAAKCAQEA',
    '-----BEGIN PRIVATE KEY-----',
    'postgres://user:password@localhost/db',
    `postgres://app:${'$'}{DB_PASSWORD}@db/app`,
    'AKIA is the prefix',
    'https://user:pass@example.org',
  ];
  for (const text of harmless) {
    it(`takes no offence at ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.deepEqual(scanForSecrets('a', Buffer.from(text)), []);
    });
  }

  it('takes binary content for data', () => {
    assert.deepEqual(scanForSecrets('a', Buffer.from(`\0${samples['AWS access key']}`)), []);
  });
});
