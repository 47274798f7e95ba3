import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closestWord } from './closest-word.ts';
import { parseDuration, parsePercentage, parseSize } from './quantities.ts';

test('durations carry a unit', () => {
  const read = ['250ms', '30s', '1.5m', '2h', '7d', '0s'].map(parseDuration);
  assert.deepEqual(read, [250, 30_000, 90_000, 7_200_000, 604_800_000, 0]);
  assert.deepEqual(
    ['30', '', 's', '-1s', '1 s', '1S', '1e3s', '1w', '99999999999s', '1m30s'].map(parseDuration),
    Array(10).fill(undefined),
  );
});

test('sizes count in steps of 1024', () => {
  const read = ['512B', '64KB', '256MB', '1GiB', '1.5KB', '1 TB'].map(parseSize);
  assert.deepEqual(read, [512, 65_536, 268_435_456, 1_073_741_824, 1536, 1_099_511_627_776]);
  assert.deepEqual(['256m', '256', 'MB', '1mb', '-1MB', '1PB'].map(parseSize), Array(6).fill(undefined));
});

test('percentages lie between none and all', () => {
  assert.deepEqual(['0%', '1%', '0.5 %', '100%'].map(parsePercentage), [0, 0.01, 0.005, 1]);
  assert.deepEqual(['1', '101%', '-1%', '%'].map(parsePercentage), Array(4).fill(undefined));
});

test('a suggestion is near to what was written', () => {
  const keys = ['port', 'port_env', 'command', 'health', 'instances'];
  assert.equal(closestWord('prot', keys), 'port');
  assert.equal(closestWord('comand', keys), 'command');
  assert.equal(closestWord('portEnv', keys), 'port_env');
  assert.equal(closestWord('port-env', keys), 'port_env');
  assert.equal(closestWord('HEALTH', keys), 'health');
  assert.equal(closestWord('zebra', keys), undefined);
  assert.equal(closestWord('x', keys), undefined);
  assert.equal(closestWord('', keys), undefined);
});
