// Entry of every script in package.json. Runs under any Node from 20 on and needs no dependency, because
// installing the dependencies, the pinned Node among them, is its first duty.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';

const { findNode, handOver, root } = createRequire(import.meta.url)('../bin/hand-over.cjs');

const tasks = {
  quickstart: ['tools/quickstart.ts'],
  test: ['tools/test.ts'],
  'test:unit': ['tools/test.ts', '--suite=unit'],
  'test:integration': ['tools/test.ts', '--suite=integration'],
  'test:system': ['tools/test.ts', '--suite=system'],
  'test:crash': ['tools/test.ts', '--suite=crash'],
  'test:fuzz': ['tools/test.ts', '--suite=fuzz'],
  'test:browser': ['tools/test.ts', '--suite=browser'],
  bench: ['bench/run.ts'],
  check: ['tools/check.ts'],
  docs: ['tools/generate-docs.ts'],
};

process.exitCode = await main(process.argv[2], process.argv.slice(3));

async function main(task, rest) {
  if (!Object.hasOwn(tasks, task ?? '')) {
    process.stderr.write(
      `Usage: node tools/run.mjs TASK [arguments]\nTasks: ${Object.keys(tasks).join(', ')}\n`,
    );
    return 2;
  }
  if (!(await ensureDependencies(root))) return 1;
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(
      `No Node.js for ${process.platform}-${process.arch} comes with the dependencies. ` +
        `Run this with Node 24.2 or newer (this is ${process.version}).\n`,
    );
    return 1;
  }
  const [script, ...args] = tasks[task];
  if (!existsSync(join(root, script))) {
    process.stderr.write(`This checkout has no ${script}, which "${task}" runs.\n`);
    return 1;
  }
  process.chdir(root);
  handOver(node, ['--disable-warning=ExperimentalWarning', script, ...args, ...rest]);
  // Reached only while a child carries on; its end sets the exit code.
  return undefined;
}
