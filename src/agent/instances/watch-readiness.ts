import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceSpec } from '../../api/agent.ts';
import type { RunObservation } from '../../runtimes/runtime.ts';
import { explainSilence, ownsPort } from './explain-readiness.ts';
import { type ProbeResult, probeHttp, probeTcp } from './probe.ts';

export interface ReadinessWatch {
  readonly spec: Pick<InstanceSpec, 'health' | 'port'>;
  readonly port: number | null;
  /** How long the process has been running already. */
  readonly ageMs: number;
  /** It was ready in an earlier life of the agent. */
  readonly alreadyReady: boolean;
  observe(): Promise<RunObservation>;
  onReady(observation: RunObservation): void;
  /** The time is over; the text says why it is not ready. It may still become ready. */
  onLate(problem: string): void;
  /** Each answer to the health check after that. */
  onHealth(healthy: boolean): unknown;
}

/** Where no health check says otherwise. */
const portTimeoutMs = 60_000;
/** An instance without a port has started well when it has lived so long. */
const settledMs = 1000;
/** So many bad answers in a row make a ready instance unhealthy: one may be a pause of the garbage collector. */
const badAnswers = 3;

/** Finds out when one run of an instance is ready, and then whether it stays healthy, until aborted. */
export async function watchReadiness(watch: ReadinessWatch, signal: AbortSignal): Promise<void> {
  if (watch.port === null) {
    if (watch.alreadyReady) return;
    await sleep(Math.max(0, settledMs - watch.ageMs), undefined, { signal });
    watch.onReady(await watch.observe());
    return;
  }
  if (!watch.alreadyReady) await untilReady(watch, watch.port, signal);
  await keepAsking(watch, watch.port, signal);
}

async function untilReady(watch: ReadinessWatch, port: number, signal: AbortSignal): Promise<void> {
  const { health } = watch.spec;
  const startedAt = performance.now() - watch.ageMs;
  const timeoutMs = health?.timeoutMs ?? portTimeoutMs;
  let late = false;
  for (;;) {
    const result = await ask(watch, port, signal);
    signal.throwIfAborted();
    const observation = result.ok ? await watch.observe() : undefined;
    if (observation !== undefined && ownsPort(observation.listeners(), port)) {
      watch.onReady(observation);
      return;
    }
    const elapsed = performance.now() - startedAt;
    if (!late && elapsed >= timeoutMs) {
      late = true;
      watch.onLate(await explain(watch, port, result));
    }
    await sleep(pauseAfter(elapsed, late, health?.intervalMs), undefined, { signal });
  }
}

/** Often at first, when a moment counts, then at a pace that a slow start does not feel. */
function pauseAfter(elapsedMs: number, late: boolean, intervalMs: number | undefined): number {
  if (late) return intervalMs ?? 5000;
  if (elapsedMs < 3000) return 10;
  return elapsedMs < 10_000 ? 25 : 100;
}

function ask(watch: ReadinessWatch, port: number, signal: AbortSignal): Promise<ProbeResult> {
  const { health } = watch.spec;
  return health === null ? probeTcp(port, signal) : probeHttp(port, health, signal);
}

async function explain(watch: ReadinessWatch, port: number, result: ProbeResult): Promise<string> {
  if (!result.ok && !result.refused) return result.problem;
  const env = watch.spec.port.mode === 'none' ? 'PORT' : watch.spec.port.env;
  return explainSilence((await watch.observe()).listeners(), { port, env });
}

async function keepAsking(watch: ReadinessWatch, port: number, signal: AbortSignal): Promise<void> {
  const { health } = watch.spec;
  if (health === null) return;
  for (let bad = 0; ; ) {
    const { ok } = await probeHttp(port, health, signal);
    signal.throwIfAborted();
    bad = ok ? 0 : bad + 1;
    if (ok || bad >= badAnswers) watch.onHealth(ok);
    await sleep(health.intervalMs, undefined, { signal });
  }
}
