import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireInstallLock } from './install-lock.mjs';

/**
 * Installs the dependencies when they are missing or do not match package-lock.json.
 * Several may call it at once: one installs, the others wait. Returns false when installing failed;
 * the reason has been printed.
 */
export async function ensureDependencies(root) {
  if (staleness(root) === undefined) return true;
  const release = await acquireInstallLock(root, () =>
    say('Another process is installing the dependencies; waiting for it.'),
  );
  try {
    // Whoever held the lock before may have done the work.
    const reason = staleness(root);
    return reason === undefined || (await install(root, reason));
  } finally {
    release();
  }
}

/** Why the dependencies must be installed, or undefined when they are as package-lock.json says. */
export function staleness(root) {
  const wanted = readLock(join(root, 'package-lock.json'));
  if (wanted === undefined) throw new Error(`${join(root, 'package-lock.json')} is missing or is not JSON`);
  // npm writes this one as the last act of an installation; a broken-off one leaves none.
  const present = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (present === undefined) return 'they are not installed';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const installed = present[path];
    const missing = installed === undefined || !existsSync(join(root, path, 'package.json'));
    if (missing && !entry.optional) return `${nameOf(path)} is missing`;
    if (
      installed !== undefined &&
      (installed.version !== entry.version || installed.integrity !== entry.integrity)
    ) {
      return `${nameOf(path)} is ${installed.version}, package-lock.json says ${entry.version}`;
    }
  }
  const node = `node_modules/node-linux-${process.arch}`;
  if (process.platform === 'linux' && wanted[node] && !existsSync(join(root, node, 'bin', 'node'))) {
    return 'the pinned Node.js is missing';
  }
  return undefined;
}

function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function install(root, reason) {
  say(`Installing dependencies: ${reason}.`);
  const started = performance.now();
  // The tools are development dependencies, so they are wanted whatever NODE_ENV says.
  // No dependency needs its install script, so none gets to run one.
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--loglevel=error'];
  const code = await runNpm(root, args);
  if (code === 0 && staleness(root) === undefined) {
    say(`Dependencies installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
    return true;
  }
  const why = code === 0 ? `npm left them incomplete: ${staleness(root)}` : `npm ci ended with ${code}`;
  say(`Cannot install the dependencies: ${why}. Check the network, then run: cd ${root} && npm ci`);
  return false;
}

/** Resolves to npm's exit code, or to the name of the signal or error that ended it. */
function runNpm(root, args) {
  return new Promise((resolve) => {
    const script = process.env.npm_execpath;
    const [command, prefix] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
    // Standard output belongs to the task, which may print JSON there.
    const child = spawn(command, [...prefix, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
