import type { InstanceSpec, InstanceStatus } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { ExecSession, RunCommand } from '../../runtimes/runtime.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { EnvironmentDirectories } from '../environments/environment-directories.ts';
import type { Logs } from '../logs/logs.ts';
import { DocumentStore } from '../state/document-store.ts';
import { openSecrets, sealSecrets } from '../state/sealed-secrets.ts';
import { choosePort, requireFreePort } from './choose-port.ts';
import { Instance } from './instance.ts';
import type { InstanceDeps, PreparedRun } from './instance-deps.ts';
import { nameOf } from './instance-failures.ts';
import { type InstanceRecord, instanceRecordSchema } from './instance-record.ts';
import { processEnvironment } from './process-environment.ts';

type Deps = Pick<
  AgentDeps,
  'home' | 'runtime' | 'clock' | 'sealer' | 'artifacts' | 'baseEnvironment' | 'log' | 'failurePoint'
> & { readonly logs: Logs; readonly directory: string; readonly changed: () => Promise<void> };

/** All instances that should run on this host. */
export class Instances {
  readonly #deps: Deps;
  readonly #records: DocumentStore<InstanceRecord>;
  readonly #instances = new Map<string, Instance>();
  /** Starts that are under way, so that the same call made twice starts once. */
  readonly #starting = new Map<string, Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#records = new DocumentStore(deps.directory, instanceRecordSchema);
  }

  /** Takes up everything that an earlier agent left. */
  async resume(): Promise<void> {
    const records = await this.#records.load(this.#deps.log);
    for (const [id, record] of records) this.#instances.set(id, new Instance(record, this.#instanceDeps(id)));
    await Promise.all(
      [...this.#instances].map(([id, instance]) =>
        instance.resume().catch((error: unknown) =>
          // The others must not suffer for it.
          this.#deps.log('an instance could not be taken up', { id, error: String(error) }),
        ),
      ),
    );
  }

  get all(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  find(id: string): Instance | undefined {
    return this.#instances.get(id);
  }

  /** Throws `not-found`. */
  get(id: string): Instance {
    const instance = this.#instances.get(id);
    if (instance !== undefined) return instance;
    throw new Failure('not-found', `There is no instance ${id} on this host.`);
  }

  /** Starts it unless it runs already; after an order to stop it is started anew. */
  async start(spec: InstanceSpec): Promise<InstanceStatus> {
    const present = this.#instances.get(spec.id);
    if (present?.isStopping === true) await present.stop();
    if (!this.#instances.has(spec.id) || this.#starting.has(spec.id)) {
      let starting = this.#starting.get(spec.id);
      if (starting === undefined) {
        starting = this.#begin(spec).finally(() => this.#starting.delete(spec.id));
        this.#starting.set(spec.id, starting);
      }
      await starting;
    }
    return this.get(spec.id).status();
  }

  async #begin(spec: InstanceSpec): Promise<void> {
    const staged = await this.#deps.artifacts.staged();
    if (!staged.includes(spec.release)) {
      throw new Failure(
        'not-found',
        `Cannot start ${nameOf(spec)}: release ${spec.release} is not on this host.`,
        {
          hint: 'Stage the release first.',
        },
      );
    }
    const record: InstanceRecord = {
      format: 1,
      spec: sealSecrets(spec, this.#deps.sealer, sealContext(spec.id)),
      desired: 'running',
      run: null,
      restarts: 0,
      failures: 0,
      everReady: false,
      lastExit: null,
    };
    const instance = new Instance(record, this.#instanceDeps(spec.id));
    this.#instances.set(spec.id, instance);
    try {
      await instance.begin();
    } catch (error) {
      this.#instances.delete(spec.id);
      throw error;
    }
  }

  /** Resolves when nothing of it is left; at once when it is not known. */
  async stop(id: string): Promise<void> {
    await this.#starting.get(id)?.catch(() => undefined);
    await this.#instances.get(id)?.stop();
  }

  /** Runs a command beside an instance. Throws `conflict` when that does not run. */
  async exec(id: string, command: RunCommand, signal: AbortSignal): Promise<ExecSession> {
    const { spec, port, handle } = this.get(id);
    if (handle === undefined) {
      throw new Failure('conflict', `${nameOf(spec)} does not run, so nothing can be run beside it.`);
    }
    return this.#deps.runtime.exec(handle, { command, ...(await this.#prepare(spec, port)) }, signal);
  }

  async detach(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.detach()));
  }

  #instanceDeps(id: string): InstanceDeps {
    const { runtime, clock, log, changed, logs, failurePoint } = this.#deps;
    return {
      runtime,
      clock,
      log,
      changed,
      failurePoint,
      save: (record) => this.#records.write(id, record),
      forget: async () => {
        await this.#records.remove(id);
        this.#instances.delete(id);
      },
      openLog: ({ spec }) =>
        logs.open({
          environment: spec.environment,
          directory: this.#directories(spec.environment).logs,
          id,
          source: spec.service,
          release: spec.release,
          secrets: Object.values(openSecrets(spec, this.#deps.sealer, sealContext(id))),
        }),
      prepare: ({ spec }, port) => this.#prepare(spec, port),
      choosePort: (spec, preferred) => this.#choosePort(spec, preferred),
    };
  }

  #choosePort(spec: InstanceRecord['spec'], preferred: number | null): number | null {
    if (spec.port.mode === 'none') return null;
    if (spec.port.mode === 'fixed') {
      requireFreePort(spec.port.port, nameOf(spec));
      return spec.port.port;
    }
    const others = this.all.filter((instance) => instance.spec.id !== spec.id).map(({ port }) => port);
    return choosePort(new Set(others.filter((port) => port !== null)), preferred);
  }

  async #prepare(spec: InstanceRecord['spec'], port: number | null): Promise<PreparedRun> {
    const directories = this.#directories(spec.environment);
    await directories.prepare();
    return {
      directory: this.#deps.artifacts.treePath(spec.release),
      environment: processEnvironment({
        base: this.#deps.baseEnvironment,
        variables: spec.variables,
        secrets: openSecrets(spec, this.#deps.sealer, sealContext(spec.id)),
        data: await directories.prepareData(spec.data),
        port: port === null || spec.port.mode === 'none' ? null : { env: spec.port.env, port },
        id: spec.id,
      }),
    };
  }

  #directories(environment: string): EnvironmentDirectories {
    return new EnvironmentDirectories(this.#deps.home.environments, environment);
  }
}

function sealContext(id: string): string {
  return `instance ${id}`;
}
