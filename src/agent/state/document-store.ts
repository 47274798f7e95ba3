import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { syncDirectory, writeFileDurably } from '../../system/durable-file.ts';
import type { AgentLog } from '../agent-deps.ts';

/**
 * A directory of small JSON documents, one file each, written durably. A document that does not read is
 * left untouched and reported; it must not keep the agent from looking after the others.
 */
export class DocumentStore<T> {
  readonly #directory: string;
  readonly #schema: z.ZodType<T>;
  readonly #writes = new Map<string, Promise<void>>();

  constructor(directory: string, schema: z.ZodType<T>) {
    this.#directory = directory;
    this.#schema = schema;
  }

  async load(log: AgentLog): Promise<Map<string, T>> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const documents = new Map<string, T>();
    for (const file of await readdir(this.#directory)) {
      if (file.endsWith('.tmp')) await rm(join(this.#directory, file), { force: true });
      if (!file.endsWith('.json')) continue;
      try {
        const text = await readFile(join(this.#directory, file), 'utf8');
        documents.set(file.slice(0, -'.json'.length), this.#schema.parse(JSON.parse(text)));
      } catch (error) {
        log('a state file cannot be read and was left untouched', {
          path: join(this.#directory, file),
          error: error instanceof Error ? error.message : String(error),
        });
      }
    }
    return documents;
  }

  /** Writes of one document happen in the order of the calls. */
  write(name: string, document: T): Promise<void> {
    const content = JSON.stringify(document);
    return this.#inOrder(name, () => writeFileDurably(this.#path(name), content));
  }

  remove(name: string): Promise<void> {
    return this.#inOrder(name, async () => {
      await rm(this.#path(name), { force: true });
      await syncDirectory(this.#directory);
    });
  }

  #inOrder(name: string, act: () => Promise<void>): Promise<void> {
    const before = this.#writes.get(name) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(act);
    this.#writes.set(name, done);
    const forget = (): void => {
      if (this.#writes.get(name) === done) this.#writes.delete(name);
    };
    done.then(forget, forget);
    return done;
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.json`);
  }
}
