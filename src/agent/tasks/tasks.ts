import { randomBytes } from 'node:crypto';
import type { TaskSpec, TaskStatus } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import { currentBootId } from '../../system/process-identity.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { EnvironmentDirectories } from '../environments/environment-directories.ts';
import { processEnvironment } from '../instances/process-environment.ts';
import type { Logs } from '../logs/logs.ts';
import { readLogs } from '../logs/read-logs.ts';
import { DocumentStore } from '../state/document-store.ts';
import { openSecrets, sealSecrets } from '../state/sealed-secrets.ts';
import { Task, type TaskDeps } from './task.ts';
import { type TaskRecord, taskRecordSchema } from './task-record.ts';

type Deps = Pick<
  AgentDeps,
  'home' | 'runtime' | 'clock' | 'sealer' | 'artifacts' | 'baseEnvironment' | 'log' | 'failurePoint'
> & { readonly logs: Logs; readonly directory: string };

/** So long a task that has ended is known, and cannot be run a second time. */
const rememberedMs = 30 * 86_400_000;

/** All tasks of this host, running and remembered. */
export class Tasks {
  readonly #deps: Deps;
  readonly #records: DocumentStore<TaskRecord>;
  readonly #tasks = new Map<string, Task>();
  readonly #starting = new Map<string, Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#records = new DocumentStore(deps.directory, taskRecordSchema);
  }

  async resume(): Promise<void> {
    for (const [id, record] of await this.#records.load(this.#deps.log)) {
      const at = record.finished?.at;
      if (at !== undefined && this.#deps.clock.now() - at > rememberedMs) await this.#records.remove(id);
      else this.#tasks.set(id, new Task(record, this.#taskDeps(id)));
    }
    await Promise.all(
      [...this.#tasks].map(([id, task]) =>
        task.resume().catch((error: unknown) =>
          // The others must not suffer for it.
          this.#deps.log('a task could not be taken up', { id, error: String(error) }),
        ),
      ),
    );
  }

  /** Starts the task unless one of this id was ever started. Throws what keeps it from starting. */
  async start(spec: TaskSpec): Promise<TaskStatus> {
    if (!this.#tasks.has(spec.id) || this.#starting.has(spec.id)) {
      let starting = this.#starting.get(spec.id);
      if (starting === undefined) {
        starting = this.#begin(spec).finally(() => this.#starting.delete(spec.id));
        this.#starting.set(spec.id, starting);
      }
      await starting;
    }
    return this.status(spec.id);
  }

  async #begin(spec: TaskSpec): Promise<void> {
    if (spec.release !== null && !(await this.#deps.artifacts.staged()).includes(spec.release)) {
      throw new Failure(
        'not-found',
        `Cannot run ${spec.title}: release ${spec.release} is not on this host.`,
        {
          hint: 'Stage the release first.',
        },
      );
    }
    const record: TaskRecord = {
      format: 1,
      spec: sealSecrets(spec, this.#deps.sealer, sealContext(spec.id)),
      run: { run: `task-${randomBytes(8).toString('hex')}`, bootId: currentBootId(), handle: null },
      startedAt: this.#deps.clock.now(),
      finished: null,
    };
    const task = new Task(record, this.#taskDeps(spec.id));
    this.#tasks.set(spec.id, task);
    await task.begin();
  }

  status(id: string): TaskStatus {
    return this.#tasks.get(id)?.status() ?? unknownTask(id);
  }

  isRunning(id: string): boolean {
    return this.#tasks.get(id)?.isRunning === true;
  }

  /** Releases that something runs from. */
  get releasesInUse(): readonly string[] {
    return [...this.#tasks.values()]
      .filter((task) => task.isRunning)
      .map((task) => task.release)
      .filter((release) => release !== null);
  }

  async wait(id: string, waitMs: number, signal: AbortSignal): Promise<TaskStatus> {
    await this.#tasks.get(id)?.wait(waitMs, signal);
    return this.status(id);
  }

  async stop(id: string, reason: string): Promise<TaskStatus> {
    await this.#starting.get(id)?.catch(() => undefined);
    await this.#tasks.get(id)?.stop(reason);
    return this.status(id);
  }

  /** Ends what runs of an environment (all of them: null), and forgets nothing. */
  async stopAll(environment: string | null, reason: string): Promise<void> {
    const chosen = [...this.#tasks.values()].filter(
      (task) => environment === null || task.environment === environment,
    );
    await Promise.all(chosen.map((task) => task.stop(reason)));
  }

  /** Forgets the tasks of an environment that is no more. */
  async forget(environment: string): Promise<void> {
    for (const [id, task] of this.#tasks) {
      if (task.environment === environment && !task.isRunning) await this.#forget(id);
    }
  }

  async #forget(id: string): Promise<void> {
    this.#tasks.delete(id);
    await this.#records.remove(id);
  }

  async detach(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.detach()));
  }

  #taskDeps(id: string): TaskDeps {
    const { runtime, clock, log, logs, sealer, failurePoint } = this.#deps;
    return {
      runtime,
      clock,
      log,
      failurePoint,
      save: (record) => this.#records.write(id, record),
      forget: () => this.#forget(id),
      openLog: ({ spec }) =>
        logs.open({
          environment: spec.environment,
          directory: this.#directories(spec.environment).logs,
          id,
          source: spec.title,
          release: spec.release,
          secrets: Object.values(openSecrets(spec, sealer, sealContext(id))),
        }),
      earlierLines: async ({ spec }) => {
        const query = { environment: spec.environment, instance: id, lines: 40, follow: false };
        const lines = await readLogs(
          this.#directories(spec.environment).logs,
          query,
          new AbortController().signal,
        );
        return lines.map(({ text }) => text);
      },
      prepare: (record) => this.#prepare(record),
    };
  }

  async #prepare({ spec }: TaskRecord): Promise<{ directory: string; environment: Record<string, string> }> {
    const directories = this.#directories(spec.environment);
    await directories.prepare();
    return {
      directory: spec.release === null ? directories.root : this.#deps.artifacts.treePath(spec.release),
      environment: processEnvironment({
        base: this.#deps.baseEnvironment,
        variables: spec.variables,
        secrets: openSecrets(spec, this.#deps.sealer, sealContext(spec.id)),
        data: await directories.prepareData(spec.data),
        port: null,
        id: spec.id,
      }),
    };
  }

  #directories(environment: string): EnvironmentDirectories {
    return new EnvironmentDirectories(this.#deps.home.environments, environment);
  }
}

function unknownTask(id: string): TaskStatus {
  return { id, state: 'unknown', exitCode: null, reason: null, startedAt: null, finishedAt: null, tail: [] };
}

function sealContext(id: string): string {
  return `task ${id}`;
}
