import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whereItLeads } from './where-it-leads.ts';

test('a redirect is told by its place, without the secrets that addresses carry', () => {
  assert.equal(whereItLeads(undefined), '');
  assert.equal(whereItLeads('/login'), ' (to /login)');
  assert.equal(whereItLeads('/login?next=/&token=s3cret#s3cret'), ' (to /login)');
  assert.equal(
    whereItLeads('https://app:s3cret@sso.example:444/auth?client_secret=s3cret'),
    ' (to https://sso.example:444/auth)',
  );
  assert.equal(whereItLeads('//app:s3cret@sso.example/auth'), ' (to //sso.example/auth)');
  assert.equal(whereItLeads(`/${'x'.repeat(1000)}`).length, ' (to )'.length + 201);
});
