import type { z } from 'zod';
import type { JobSpec } from '../../api/agent.ts';
import type { jobStatusSchema } from '../../api/agent-shapes.ts';
import type { Clock } from '../../core/units.ts';
import type { AgentLog, Sealer } from '../agent-deps.ts';
import type { EnvironmentState, EnvironmentStates } from '../environments/environment-states.ts';
import { openSecrets, sealSecrets } from '../state/sealed-secrets.ts';
import type { Tasks } from '../tasks/tasks.ts';
import { planSlot } from './plan-slot.ts';

type JobStatus = z.infer<typeof jobStatusSchema>;
type StoredJob = EnvironmentState['jobs'][number];
type Progress = EnvironmentState['schedule'][string];

interface Deps {
  readonly clock: Clock;
  readonly states: EnvironmentStates;
  readonly tasks: Tasks;
  readonly sealer: Sealer;
  readonly log: AgentLog;
  /** How long to sleep at most: a clock that was set is noticed after that. */
  readonly longestSleepMs?: number;
}

interface Cron {
  nextRun(previous: Date): Date | null;
}

/** Carries out the schedule of all environments, from the agent's own state. */
export class Jobs {
  readonly #deps: Deps;
  readonly #crons = new Map<string, Cron>();
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Begins to keep the schedule. */
  start(): void {
    this.#plan(0);
  }

  /** Replaces the jobs of an environment. What a job has run already is remembered by its name. */
  async set(environment: string, jobs: readonly JobSpec[]): Promise<void> {
    const now = this.#deps.clock.now();
    const before = this.#deps.states.find(environment)?.schedule ?? {};
    const schedule: Record<string, Progress> = {};
    for (const { name } of jobs) {
      schedule[name] = before[name] ?? { lastSlot: now, lastTask: null, skipped: null };
    }
    const sealed = jobs.map((job) => sealSecrets(job, this.#deps.sealer, sealContext(environment, job.name)));
    await this.#deps.states.update(environment, { jobs: sealed, schedule });
    this.#plan(0);
  }

  #plan(delayMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.tick(), delayMs).unref();
  }

  /** Starts what is due. Called by the timer; a test calls it with a clock of its own. */
  tick(): Promise<void> {
    this.#ticking = this.#ticking
      .then(() => this.#tick())
      .catch((error: unknown) => this.#deps.log('keeping the schedule failed', { error: String(error) }));
    return this.#ticking;
  }

  async #tick(): Promise<void> {
    const longest = this.#deps.longestSleepMs ?? 20_000;
    let sleepMs = longest;
    for (const state of this.#deps.states.all) {
      for (const job of state.jobs) {
        const nextAt = await this.#tickJob(state.environment, job);
        if (nextAt !== null) sleepMs = Math.min(sleepMs, nextAt - this.#deps.clock.now());
      }
    }
    this.#plan(Math.max(0, Math.min(sleepMs, longest)));
  }

  /** When the job is due next. */
  async #tickJob(environment: string, job: StoredJob): Promise<number | null> {
    const { clock, log } = this.#deps;
    const now = clock.now();
    const progress = this.#progress(environment, job.name);
    const cron = await this.#cron(job);
    const next = (after: number): number | null => cron.nextRun(new Date(after))?.getTime() ?? null;
    const plan = planSlot({ now, lastSlot: progress.lastSlot, next });
    switch (plan.action) {
      case 'wait':
        return plan.nextAt;
      case 'clock-was-ahead':
        log('the clock was far ahead; the schedule of a job begins anew', { environment, job: job.name });
        await this.#note(environment, job.name, { lastSlot: now });
        break;
      case 'give-up':
        await this.#note(environment, job.name, {
          lastSlot: now,
          skipped: {
            at: plan.slot,
            reason: 'nothing could run it at its time, which passed more than an hour ago',
          },
        });
        break;
      case 'run':
        await this.#run(environment, job, plan.slot, progress);
    }
    return next(now);
  }

  async #run(environment: string, job: StoredJob, slot: number, progress: Progress): Promise<void> {
    const { tasks, log } = this.#deps;
    const skip = async (reason: string): Promise<void> => {
      log('a job was skipped', { environment, job: job.name, reason });
      await this.#note(environment, job.name, { lastSlot: slot, skipped: { at: slot, reason } });
    };
    if (progress.lastTask !== null && tasks.isRunning(progress.lastTask)) {
      await skip('the run before it had not ended');
      return;
    }
    const { name, schedule: _schedule, timezone: _timezone, ...execution } = job;
    const id = taskId(environment, name, slot);
    try {
      // First the task, whose id can run only once, then the note: a crash between them repeats nothing.
      await tasks.start({
        ...execution,
        secrets: openSecrets(job, this.#deps.sealer, sealContext(environment, name)),
        id,
        title: `job ${name}`,
        limits: { memoryBytes: null, cpus: null },
      });
      await this.#note(environment, name, { lastSlot: slot, lastTask: id });
    } catch (error) {
      await skip(error instanceof Error ? error.message : String(error));
    }
  }

  #progress(environment: string, name: string): Progress {
    const known = this.#deps.states.find(environment)?.schedule[name];
    return known ?? { lastSlot: this.#deps.clock.now(), lastTask: null, skipped: null };
  }

  async #note(environment: string, name: string, changes: Partial<Progress>): Promise<void> {
    const state = this.#deps.states.find(environment);
    if (state === undefined) return;
    const schedule = { ...state.schedule, [name]: { ...this.#progress(environment, name), ...changes } };
    await this.#deps.states.update(environment, { schedule });
  }

  /** Loaded when the first job is there: most hosts never need it. */
  async #cron(job: Pick<StoredJob, 'schedule' | 'timezone'>): Promise<Cron> {
    const key = `${job.timezone} ${job.schedule}`;
    const known = this.#crons.get(key);
    if (known !== undefined) return known;
    const { Cron } = await import('croner');
    const cron = new Cron(job.schedule, { timezone: job.timezone, paused: true });
    this.#crons.set(key, cron);
    return cron;
  }

  async statuses(environment: string | null): Promise<JobStatus[]> {
    const statuses: JobStatus[] = [];
    for (const state of this.#deps.states.all) {
      if (environment !== null && state.environment !== environment) continue;
      for (const job of state.jobs) statuses.push(await this.#status(state.environment, job));
    }
    return statuses;
  }

  async #status(environment: string, job: StoredJob): Promise<JobStatus> {
    const { lastTask, skipped } = this.#progress(environment, job.name);
    const cron = await this.#cron(job);
    return {
      environment,
      name: job.name,
      schedule: job.schedule,
      timezone: job.timezone,
      nextAt: cron.nextRun(new Date(this.#deps.clock.now()))?.getTime() ?? null,
      last: lastTask === null ? null : this.#deps.tasks.status(lastTask),
      ...(skipped === null ? {} : { skipped }),
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#ticking;
  }
}

/** `job.shop.production.digest.20260801t0700z` */
function taskId(environment: string, name: string, slot: number): string {
  const time = new Date(slot).toISOString().replace(/[-:]/g, '').slice(0, 13).toLowerCase();
  return `job.${environment.replace('/', '.')}.${name}.${time}z`;
}

function sealContext(environment: string, name: string): string {
  return `job ${environment} ${name}`;
}
