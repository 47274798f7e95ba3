import type { Clock } from '../core/units.ts';
import type { Progress } from './step.ts';
import type { StepProgress } from './storage.ts';

/** How long progress may wait, so that a build that prints a thousand lines does not cost a thousand commits. */
const flushAfterMs = 100;
/** Lines of output kept for one operation; a runaway build must not fill the disk through its journal. */
const mostOutput = 20_000;
/** What is held back while nothing can be written. */
const mostWaiting = 2_000;

/** Gathers what steps tell while they work, and writes it in batches. */
export class ProgressBuffer {
  readonly #clock: Clock;
  readonly #write: (progress: readonly StepProgress[]) => void;
  #waiting: StepProgress[] = [];
  #outputs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `write` may throw; what it was given is then kept for the next time. */
  constructor(clock: Clock, write: (progress: readonly StepProgress[]) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  add(step: string | null, progress: Progress): void {
    if (progress.type === 'output') {
      this.#outputs += 1;
      if (this.#outputs > mostOutput + 1) return;
    }
    if (progress.type === 'progress') this.#dropOlder(step, progress.unit);
    if (this.#waiting.length >= mostWaiting) this.#waiting.shift();
    const isTooMuch = progress.type === 'output' && this.#outputs > mostOutput;
    this.#waiting.push({ at: this.#clock.now(), step, progress: isTooMuch ? tooMuch : progress });
    this.#timer ??= setTimeout(() => this.#flushQuietly(), flushAfterMs);
  }

  /** Writes what waits; throws what the writer throws. */
  flush(): void {
    this.#stopTimer();
    if (this.#waiting.length === 0) return;
    this.#write(this.#waiting);
    this.#waiting = [];
  }

  close(): void {
    this.#stopTimer();
    this.#waiting = [];
  }

  /** Progress is no promise: a journal that cannot be written is noticed by the next record that is one. */
  #flushQuietly(): void {
    try {
      this.flush();
    } catch {
      this.#stopTimer();
    }
  }

  #dropOlder(step: string | null, unit: string): void {
    this.#waiting = this.#waiting.filter(
      (entry) => !(entry.step === step && entry.progress.type === 'progress' && entry.progress.unit === unit),
    );
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

const tooMuch: Progress = {
  type: 'note',
  text: `More than ${mostOutput} lines of output; the rest is not kept.`,
};
