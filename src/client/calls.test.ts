import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlCalls } from '../api/control.ts';
import { callRoutes, callTarget } from './calls.ts';

test('the routes of the client are those of the contract', () => {
  const expected = Object.fromEntries(
    Object.entries(controlCalls).map(([name, { method, path }]) => [name, `${method} ${path}`]),
  );
  const actual = Object.fromEntries(
    Object.entries(callRoutes).map(([name, { method, path }]) => [name, `${method} ${path}`]),
  );
  assert.deepEqual(actual, expected);
});

test('parameters and query values are escaped, and undefined ones left out', () => {
  const target = callTarget(
    callRoutes.logs,
    { app: 'a/b', environment: 'x y' },
    { service: 'a&b', lines: undefined, follow: true },
  );
  assert.equal(target, '/v1/environments/a%2Fb/x%20y/logs?service=a%26b&follow=true');
});

test('a call without a parameter of its path is a bug and says which', () => {
  assert.throws(() => callTarget(callRoutes.operation, {}, {}), /without "id"/);
});
