import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { access, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytes, formatBytes } from '../../core/units.ts';
import { isAlive } from '../../system/process-identity.ts';
import { type ProcessEntry, readProcessEntry } from '../../system/process-table.ts';
import type {
  ExecSession,
  ExecSpec,
  OutputReader,
  OutputStream,
  RunExit,
  RunHandle,
  RunObservation,
  RunSpec,
  Runtime,
} from '../runtime.ts';
import { abortable } from './abortable.ts';
import { type Cgroup, Cgroups, countOutOfMemoryKills, limitsMemory, removeGroups } from './cgroups.ts';
import { endTree } from './end-tree.ts';
import { execProcess } from './exec-process.ts';
import { findProgram } from './find-program.ts';
import { commandArgv, launchCommand } from './launch-command.ts';
import { runVariable } from './marks.ts';
import { MemoryWatch } from './memory-watch.ts';
import { holdPipes, makePipes, openForRun, readPipes } from './output-pipes.ts';
import { type ProcessState, processState } from './process-handle.ts';
import { ProcessPicture } from './process-picture.ts';
import { findMarked, ProcessTree } from './process-tree.ts';
import { listenersOf } from './run-listeners.ts';
import { spawned } from './spawned.ts';

export interface ProcessRuntimeOptions {
  /** Private to this runtime; holds a directory for each run. */
  readonly directory: string;
  /** Name of our sub-tree of control groups; null: limits are enforced by measuring only. */
  readonly cgroupName: string | null;
  /** How often memory is measured where a limit must be enforced by measuring. */
  readonly measureMs?: number;
}

/** What is known of a run in this life of the agent. */
interface Watched {
  readonly state: ProcessState;
  readonly tree: ProcessTree;
  /** Set for a run that this process started: it alone is told the exit code. */
  exit: Promise<RunExit> | undefined;
  limitReached: boolean;
  /** Lets go of the output that was held for the first reader. */
  release: () => void;
}

const adoptedPollMs = 100;

/** Runs commands as plain processes of this machine, each in a session of its own. */
export class ProcessRuntime implements Runtime {
  readonly #directory: string;
  readonly #cgroups: Cgroups | undefined;
  readonly #memory: MemoryWatch;
  readonly #runs = new Map<string, Watched>();
  readonly #picture = new ProcessPicture();

  constructor(options: ProcessRuntimeOptions) {
    this.#directory = options.directory;
    this.#cgroups = options.cgroupName === null ? undefined : new Cgroups(options.cgroupName);
    this.#memory = new MemoryWatch(options.measureMs ?? 500, this.#picture);
  }

  async start(spec: RunSpec, signal: AbortSignal): Promise<RunHandle> {
    const argv = commandArgv(spec.command);
    const program = await findProgram(argv[0] ?? '', spec.environment['PATH'] ?? '', spec.directory);
    signal.throwIfAborted();
    const directory = this.#runDirectory(spec.run);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    let cgroups: readonly Cgroup[] = [];
    try {
      await makePipes(directory);
      cgroups = (await this.#cgroups?.create(spec.run, spec.limits)) ?? [];
      return await this.#launch(spec, program, argv, cgroups);
    } catch (error) {
      await removeGroups(cgroups);
      await this.remove(spec.run);
      throw error;
    }
  }

  async #launch(
    spec: RunSpec,
    program: string,
    argv: readonly string[],
    cgroups: readonly Cgroup[],
  ): Promise<RunHandle> {
    const directory = this.#runDirectory(spec.run);
    const launch = launchCommand(program, argv, {
      cgroups: cgroups.map((group) => group.directory),
      exitRecord: spec.keepExit ? join(directory, 'exit') : null,
    });
    const release = holdPipes(directory);
    const output = openForRun(directory);
    let child: ChildProcess;
    let entry: ProcessEntry | undefined;
    try {
      child = spawn(launch.file, launch.args, {
        argv0: launch.argv0,
        cwd: spec.directory,
        env: { ...spec.environment, [runVariable]: spec.run },
        stdio: ['ignore', output.out, output.err],
        detached: true,
      });
      // At once, before it can be waited for: even one that has ended already still has its line.
      entry = child.pid === undefined ? undefined : readProcessEntry(child.pid);
    } finally {
      closeSync(output.out);
      closeSync(output.err);
    }
    const ended = exitOf(child);
    await spawned(child, program).catch((error: unknown) => {
      release();
      throw error;
    });
    child.unref();
    if (entry === undefined) throw new Error(`no process after starting ${program}`);
    const state: ProcessState = {
      startedAt: entry.startedAt,
      signalsGroup: spec.command.kind === 'shell' || spec.keepExit,
      keepsExit: spec.keepExit,
      ...spec.limits,
      cgroups: [...cgroups],
    };
    const watched = this.#watch({ run: spec.run, pid: entry.pid, state });
    watched.release = release;
    watched.exit = ended.then((exit) => this.#explain(watched, exit));
    return { run: spec.run, pid: entry.pid, state };
  }

  async find(run: string): Promise<RunHandle | undefined> {
    const known = this.#runs.get(run);
    if (known !== undefined) return { run, pid: known.tree.leader.pid, state: known.state };
    const directory = this.#runDirectory(run);
    const leader = findMarked(run, this.#picture.marks);
    const keepsExit = await exists(join(directory, 'exit.started'));
    if (leader === undefined && !keepsExit) return undefined;
    const state: ProcessState = {
      startedAt: leader?.startedAt ?? 'unknown:0',
      signalsGroup: true,
      keepsExit,
      memoryBytes: null,
      cpus: null,
      cgroups: (await this.#cgroups?.find(run)) ?? [],
    };
    return { run, pid: leader?.pid ?? 0, state };
  }

  read(handle: RunHandle, onData: (stream: OutputStream, data: Buffer) => void): OutputReader {
    const reader = readPipes(this.#runDirectory(handle.run), onData);
    this.#watch(handle).release();
    return reader;
  }

  async wait(handle: RunHandle, signal: AbortSignal): Promise<RunExit> {
    const watched = this.#watch(handle);
    if (watched.exit !== undefined) return abortable(watched.exit, signal);
    const { leader } = processState(handle);
    while (isAlive(leader)) await sleep(adoptedPollMs, undefined, { signal });
    return this.#explain(watched, await this.#keptExit(handle.run, watched.state));
  }

  async stop(
    handle: RunHandle,
    how: { readonly signal: string; readonly graceMs: number },
    signal: AbortSignal,
  ): Promise<RunExit> {
    const watched = this.#watch(handle);
    const { leader, signalsGroup } = processState(handle);
    await endTree(watched.tree, { leader, signalsGroup, ...how }, signal);
    const exit = await this.wait(handle, signal);
    this.#memory.remove(handle.run);
    await removeGroups(watched.state.cgroups);
    return exit;
  }

  async exec(handle: RunHandle, spec: ExecSpec, signal: AbortSignal): Promise<ExecSession> {
    // With the mark of the run, so that it does not outlive it.
    const environment = { ...spec.environment, [runVariable]: handle.run };
    return execProcess({ ...spec, environment }, signal);
  }

  async observe(handle: RunHandle): Promise<RunObservation> {
    const { tree, state } = this.#watch(handle);
    const members = tree.members(this.#picture.recent(tree.leader));
    const grouped = state.cgroups.some(limitsMemory);
    const warnings: string[] = [];
    const kills = await countOutOfMemoryKills(state.cgroups);
    if (kills > 0) {
      warnings.push(`The kernel ended ${kills} of its processes at the ${memoryLimitText(state)}.`);
    }
    if (state.cpus !== null && !state.cgroups.some(({ kind }) => kind !== 'memory')) {
      warnings.push('The CPU limit cannot be enforced: no control group may be used here.');
    }
    return {
      memoryBytes: this.#picture.memory.bytesOf(members),
      memoryLimit: state.memoryBytes === null ? 'none' : grouped ? 'cgroup' : 'measured',
      listeners: () => listenersOf(members),
      warnings,
    };
  }

  async remove(run: string): Promise<void> {
    const watched = this.#runs.get(run);
    this.#runs.delete(run);
    this.#memory.remove(run);
    watched?.release();
    if (watched !== undefined) await removeGroups(watched.state.cgroups);
    await rm(this.#runDirectory(run), { recursive: true, force: true });
  }

  #watch(handle: RunHandle): Watched {
    const known = this.#runs.get(handle.run);
    if (known !== undefined) return known;
    const { leader, ...state } = processState(handle);
    const tree = new ProcessTree(
      handle.run,
      leader,
      state.cgroups.map((group) => group.directory),
      this.#picture.marks,
    );
    const watched: Watched = { state, tree, exit: undefined, limitReached: false, release: () => {} };
    this.#runs.set(handle.run, watched);
    if (state.memoryBytes !== null && !state.cgroups.some(limitsMemory)) {
      const onExceeded = (): void => {
        watched.limitReached = true;
      };
      this.#memory.add(handle.run, { tree, limitBytes: state.memoryBytes, onExceeded });
    }
    return watched;
  }

  /** Says that a limit ended the run, when one did. */
  async #explain(watched: Watched, exit: RunExit): Promise<RunExit> {
    const killed =
      exit.signal === 'SIGKILL' || exit.code === 137 || (exit.code === null && exit.signal === null);
    const byKernel = killed && (await countOutOfMemoryKills(watched.state.cgroups)) > 0;
    if (!watched.limitReached && !byKernel) return exit;
    return { ...exit, limit: `${memoryLimitText(watched.state)} reached` };
  }

  async #keptExit(run: string, state: ProcessState): Promise<RunExit> {
    const unseen: RunExit = { code: null, signal: null, limit: null };
    if (!state.keepsExit) return unseen;
    const text = await readFile(join(this.#runDirectory(run), 'exit'), 'latin1').catch(() => '');
    return /^\d+$/.test(text.trim()) ? { ...unseen, code: Number(text) } : unseen;
  }

  #runDirectory(run: string): string {
    return join(this.#directory, run);
  }
}

function memoryLimitText(state: ProcessState): string {
  return state.memoryBytes === null
    ? 'memory limit'
    : `memory limit of ${formatBytes(bytes(state.memoryBytes))}`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function exitOf(child: ChildProcess): Promise<RunExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal, limit: null }));
  });
}
