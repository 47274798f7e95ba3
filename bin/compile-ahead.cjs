'use strict';

const { spawnSync } = require('node:child_process');
const { readdirSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const { enableCompileCache, flushCompileCache, getCompileCacheDir } = require('node:module');
const { dirname, join } = require('node:path');

const sources = join(dirname(__dirname), 'src');
/** Longer than the slowest machine takes; what is not compiled by then, its user compiles itself. */
const patienceMs = 60_000;

/**
 * Has a process of its own strip and compile the program when it has changed since that was last done. What
 * does it in a process keeps up to 80 MB there for good, which one that serves for months must not carry.
 */
function compileAhead(directory) {
  const mark = join(getCompileCacheDir(), 'compiled-ahead');
  const state = JSON.stringify(newestOf(sourceFiles()));
  if (readIfThere(mark) === state) return;
  const child = spawnSync(process.execPath, [...process.execArgv, __filename, directory], {
    stdio: 'ignore',
    timeout: patienceMs,
  });
  if (child.status === 0) writeFileSync(mark, state);
}

/** Everything but tests and the commands: those compile what they use, and are gone after it. */
function sourceFiles() {
  return readdirSync(sources, { recursive: true })
    .filter(
      (path) =>
        path.endsWith('.ts') && !/\.test\.ts$|(?:^|\/)test-|^cli\/|^client\/|\/conformance\//.test(path),
    )
    .map((path) => join(sources, path));
}

function newestOf(files) {
  const times = files.map((file) => statSync(file).mtimeMs);
  return {
    files: files.length,
    changedAt: Math.max(...times),
    all: times.reduce((sum, time) => sum + time, 0),
  };
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function compileAll(directory) {
  enableCompileCache(directory);
  // One that cannot be loaded is for the process that needs it to report.
  await Promise.allSettled(sourceFiles().map((file) => import(file)));
  flushCompileCache();
  process.exit(0);
}

if (require.main === module) void compileAll(process.argv[2]);

module.exports = { compileAhead };
