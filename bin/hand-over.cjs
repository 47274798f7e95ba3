'use strict';

const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = dirname(__dirname);

/** Type stripping is stable, and `process.execve` exists, from here on. */
function canRunTypeScript() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 2);
}

/** The Node that package-lock.json pins, else the running one if it will do, else undefined. */
function findNode() {
  const pinned = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  return canRunTypeScript() ? process.execPath : undefined;
}

/** Continues as another Node: the same process where Node can do that, otherwise as its parent until it ends. */
function handOver(node, args) {
  if (typeof process.execve === 'function') {
    // Calling it prints a warning about itself, which is none of the user's business.
    process.removeAllListeners('warning');
    process.execve(node, [node, ...args], process.env);
  } else {
    runChild(node, args);
  }
}

/** Passes signals on, and ends as the child ended. */
function runChild(node, args) {
  const child = require('node:child_process').spawn(node, args, { stdio: 'inherit' });
  const forward = (signal) => {
    if (!terminalTells(signal)) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
  for (const signal of signals) process.on(signal, forward);
  child.on('error', (error) => {
    process.stderr.write(`mainstay: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 126;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of signals) process.off(name, forward);
    process.kill(process.pid, signal);
  });
}

/** Whether the terminal sent the signal to the whole foreground group: passing it on would send it twice. */
function terminalTells(signal) {
  if (!['SIGINT', 'SIGQUIT', 'SIGHUP'].includes(signal)) return false;
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return false;
  }
}

module.exports = { findNode, handOver, root };
