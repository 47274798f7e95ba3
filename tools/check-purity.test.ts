import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPurity } from './check-purity.ts';
import { sourceFile } from './source-file.ts';

function rulesOf(path: string, text: string): string[] {
  return checkPurity([sourceFile(path, text)]).map(({ rule, line, message }) => {
    return `${rule}:${line} ${message.split(' in a pure file')[0]}`;
  });
}

test('a pure file may not import a node module, except for its types', () => {
  assert.deepEqual(rulesOf('src/manifest/a.ts', "import type { Stats } from 'node:fs';\n"), []);
  assert.deepEqual(rulesOf('src/manifest/a.ts', "import { stat } from 'node:fs';\n"), ['purity:1 node:fs']);
});

test('a planner is pure wherever it lies', () => {
  assert.deepEqual(rulesOf('src/deploys/plan-deploy.ts', 'export const a = () => Math.random();\n'), [
    'purity:1 Math.random',
  ]);
  assert.deepEqual(rulesOf('src/deploys/deploy.ts', 'export const a = () => Math.random();\n'), []);
});

test('clock, timers, process and console are impure', () => {
  const text = [
    'Date.now();',
    'new Date();',
    'setTimeout(() => {}, 1);',
    'process.env;',
    "console.log('');",
    'performance.now();',
    'AbortSignal.timeout(1);',
    'crypto.randomUUID();',
  ].join('\n');
  assert.equal(rulesOf('src/core/a.ts', text).length, 8);
});

test('a date made from a value is pure, and so is a parameter called process', () => {
  const text = 'export const a = (process: { env: string }) => [new Date(0).toISOString(), process.env];\n';
  assert.deepEqual(rulesOf('src/core/a.ts', text), []);
});

test('nobody but the clock reads the wall clock', () => {
  assert.match(rulesOf('src/agent/a.ts', 'export const a = () => Date.now();\n')[0] ?? '', /^clock:1/);
  assert.match(rulesOf('src/agent/a.ts', 'export const a = () => new Date();\n')[0] ?? '', /^clock:1/);
  assert.deepEqual(rulesOf('src/system/system-clock.ts', 'export const a = () => Date.now();\n'), []);
  assert.deepEqual(rulesOf('src/agent/a.test.ts', 'export const a = () => Date.now();\n'), []);
});
