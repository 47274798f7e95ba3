import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '../../api/agent.ts';
import { createRedactor } from '../../core/redact.ts';
import type { Clock } from '../../core/units.ts';
import type { AgentLog } from '../agent-deps.ts';
import { LineSplitter } from './line-splitter.ts';
import { environmentLimits, pruneLogs } from './prune-logs.ts';
import { RotatedFile, type RotationLimits } from './rotated-file.ts';

export interface LogSource {
  readonly environment: string;
  /** Directory of the environment's logs. */
  readonly directory: string;
  /** Instance or task. */
  readonly id: string;
  /** Service, or title of the task. */
  readonly source: string;
  readonly release: string | null;
  readonly secrets: Iterable<string>;
}

/** Takes the output of one process and makes redacted, dated lines of it. */
export interface LogWriter {
  write(stream: 'out' | 'err', data: Buffer): void;
  /** A remark of the supervisor between the lines of the process. */
  remark(text: string): void;
  /** The last lines, oldest first. */
  tail(count: number): string[];
  end(): void;
}

type Listener = (environment: string, line: LogLine) => void;

const tailLines = 40;
const limits: RotationLimits = { maxFileBytes: 4 * 1024 * 1024, keepFiles: 2 };

/** All logs of this host, and who follows them. */
export class Logs {
  readonly #clock: Clock;
  readonly #report: AgentLog;
  readonly #listeners = new Set<Listener>();
  readonly #open = new Map<string, number>();
  #pruning: Promise<void> = Promise.resolve();

  constructor(clock: Clock, report: AgentLog) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Calls back for every line from now on, until the returned function is called. */
  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open(source: LogSource): LogWriter {
    mkdirSync(source.directory, { recursive: true });
    const file = new RotatedFile(join(source.directory, `${source.id}.log`), limits);
    this.#count(source, 1);
    const redactor = createRedactor(source.secrets);
    const tail: string[] = [];
    let batch: LogLine[] = [];
    const emit = (stream: 'out' | 'err', text: string): void => {
      tail.push(text);
      if (tail.length > tailLines) tail.shift();
      batch.push({ ...headOf(source), at: this.#clock.now(), stream, text });
    };
    const flush = (): void => {
      const lines = batch;
      batch = [];
      if (lines.length > 0) this.#store(file, source, lines);
    };
    const out = new LineSplitter(redactor, (text) => emit('out', text));
    const err = new LineSplitter(redactor, (text) => emit('err', text));
    return {
      write(stream, data) {
        (stream === 'out' ? out : err).push(data);
        flush();
      },
      remark(text) {
        emit('err', redactor.redact(text));
        flush();
      },
      tail: (count) => tail.slice(-count),
      end: () => {
        out.end();
        err.end();
        flush();
        file.close();
        this.#count(source, -1);
      },
    };
  }

  /** Opening a log is when another has become too many. */
  #count({ id, directory }: LogSource, change: 1 | -1): void {
    this.#open.set(id, (this.#open.get(id) ?? 0) + change);
    if (this.#open.get(id) === 0) this.#open.delete(id);
    if (change < 0) return;
    this.#pruning = this.#pruning
      .then(() => pruneLogs(directory, new Set(this.#open.keys()), environmentLimits))
      .catch((error: unknown) => this.#report('old logs could not be removed', { error: String(error) }));
  }

  #store(file: RotatedFile, source: LogSource, lines: readonly LogLine[]): void {
    try {
      file.append(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    } catch (error) {
      // A full disk costs log lines, never the application.
      this.#report('log lines could not be written', {
        instance: source.id,
        code: (error as NodeJS.ErrnoException).code,
      });
    }
    for (const listener of this.#listeners) for (const line of lines) listener(source.environment, line);
  }
}

function headOf(source: LogSource): Pick<LogLine, 'source' | 'instance' | 'release'> {
  return { source: source.source, instance: source.id, release: source.release };
}
