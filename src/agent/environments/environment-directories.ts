import { access, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { removeTree } from '../../artifacts/remove-tree.ts';
import { Failure } from '../../core/failure.ts';
import { syncDirectory, writeFileDurably } from '../../system/durable-file.ts';

const markerSchema = z.object({ environment: z.string() });

/** Where the data, the logs and the proof of ownership of one environment lie on this host. */
export class EnvironmentDirectories {
  readonly environment: string;
  readonly root: string;
  readonly data: string;
  readonly logs: string;

  constructor(environments: string, environment: string) {
    this.environment = environment;
    this.root = join(environments, ...environment.split('/'));
    this.data = join(this.root, 'data');
    this.logs = join(this.root, 'logs');
  }

  /** Makes the directories on first use. Throws `conflict` when they belong to something else. */
  async prepare(): Promise<void> {
    if ((await this.#owner()) === undefined) {
      await mkdir(this.root, { recursive: true, mode: 0o755 });
      await writeFileDurably(this.#marker, `${JSON.stringify({ environment: this.environment })}\n`);
      await syncDirectory(dirname(this.root));
    }
    await this.proveOwnership();
    await mkdir(this.data, { recursive: true, mode: 0o750 });
    await mkdir(this.logs, { recursive: true, mode: 0o750 });
  }

  async exists(): Promise<boolean> {
    return access(this.root).then(
      () => true,
      () => false,
    );
  }

  /** Throws `conflict` unless the marker says that this directory was made for this environment. */
  async proveOwnership(): Promise<void> {
    const owner = await this.#owner();
    if (owner === this.environment) return;
    throw new Failure(
      'conflict',
      `${this.root} is not known to belong to ${this.environment}: ${owner ?? 'its marker is missing'}.`,
      { hint: `Look at ${this.#marker}; move the directory away if it is somebody else's.` },
    );
  }

  /** Undefined when the environment has no directory here. */
  async #owner(): Promise<string | undefined> {
    try {
      return markerSchema.parse(JSON.parse(await readFile(this.#marker, 'utf8'))).environment;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      return `${this.#marker} cannot be read`;
    }
  }

  /** Absolute paths of data, by the variable that receives them; makes what must exist before the process starts. */
  async prepareData(
    data: readonly { readonly type: 'sqlite' | 'files'; readonly path: string; readonly env: string }[],
  ): Promise<Record<string, string>> {
    const variables: Record<string, string> = {};
    for (const { type, path, env } of data) {
      const absolute = this.dataPath(path);
      await mkdir(type === 'files' ? absolute : dirname(absolute), { recursive: true, mode: 0o750 });
      variables[env] = absolute;
    }
    return variables;
  }

  dataPath(path: string): string {
    const absolute = join(this.data, path);
    if (absolute !== this.data && !absolute.startsWith(`${this.data}/`)) {
      throw new Failure('usage-invalid', `The data path ${path} leads out of ${this.data}.`);
    }
    return absolute;
  }

  /** With `destroy` nothing stays; else data, logs and the proof of ownership do. */
  async remove(data: 'keep' | 'destroy'): Promise<void> {
    await this.proveOwnership();
    if (data === 'keep') return;
    // The marker last, so that what is left after a failure is still known to be ours.
    for (const path of [this.data, this.logs, this.root]) await removeTree(path);
    await syncDirectory(dirname(this.root));
  }

  get #marker(): string {
    return join(this.root, 'environment.json');
  }
}
