import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import {
  mappedBytes,
  type ProcessEntry,
  readProcessEntry,
  residentBytes,
} from '../../system/process-table.ts';
import { exceedMemory, ResidentMemory } from './resident-memory.ts';

/** Takes so many megabytes each time it is told to, and says when it has them. */
const eater = `
  const held = [];
  process.stdin.on('data', (line) => {
    held.push(Buffer.alloc(Number(line) * 1e6, 1));
    process.stdout.write('done');
  });
`;

async function startEater() {
  const child = spawn(process.execPath, ['-e', eater], { stdio: ['pipe', 'pipe', 'inherit'] });
  const eat = async (megabytes: number): Promise<void> => {
    const done = new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdin.write(`${megabytes}\n`);
    await done;
  };
  await eat(1);
  // It has just answered.
  const entry = readProcessEntry(child.pid as number) as ProcessEntry;
  return { entry, eat, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

test('memory is never further from the measured than a little of the growth since', async () => {
  using eater = await startEater();
  const memory = new ResidentMemory();
  const { pid } = eater.entry;
  assert.ok(Math.abs(memory.bytesOf([eater.entry]) - residentBytes(pid)) < 2e6);
  for (const megabytes of [1, 1, 1, 30, 1]) {
    await eater.eat(megabytes);
    const told = memory.bytesOf([eater.entry]);
    assert.ok(Math.abs(told - residentBytes(pid)) < 4e6, `${told} for ${residentBytes(pid)}`);
  }
});

test('a limit counts pages that processes share once', async () => {
  using first = await startEater();
  using second = await startEater();
  const both = [first.entry, second.entry];
  const sum = (bytesOf: (pid: number) => number): number =>
    both.reduce((all, { pid }) => all + bytesOf(pid), 0);
  const between = (sum(mappedBytes) + sum(residentBytes)) / 2;
  assert.ok(sum(mappedBytes) - sum(residentBytes) > 10e6, 'they share the pages of the program');
  assert.equal(exceedMemory(both, between), false);
  await first.eat(150);
  assert.equal(exceedMemory(both, between), true);
});

test('a process that has ended has no memory', async () => {
  const memory = new ResidentMemory();
  const eater = await startEater();
  const { entry } = eater;
  assert.ok(memory.bytesOf([entry]) > 1e6);
  eater[Symbol.dispose]();
  while (readProcessEntry(entry.pid)?.zombie === false)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(memory.bytesOf([entry]), 0);
  memory.prune(new Map());
});
