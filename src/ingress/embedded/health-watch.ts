import { connect } from 'node:net';
import type { Route } from '../ingress.ts';
import type { Instance } from './instance.ts';

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { get } = process.getBuiltinModule('node:http');

/** An instance is held for down after this many failed polls in a row; a refused connection counts at once. */
const failuresUntilDown = 2;
/** An instance that is down is asked this often, so that it comes back soon. */
const recoveryIntervalMs = 200;
const connectTimeoutMs = 1000;

export interface HealthWatchEvents {
  /** An instance that was down is up. */
  recovered(): void;
}

interface Watched {
  readonly instance: Instance;
  route: Route;
  failures: number;
  timer: NodeJS.Timeout | undefined;
  cancel: () => void;
}

/** Nothing, or why the instance did not answer well. */
type Verdict = string | undefined;

/** Asks every instance in the route table how it is, for as long as it is there. */
export class HealthWatch {
  readonly #watched = new Map<Instance, Watched>();
  readonly #events: HealthWatchEvents;

  constructor(events: HealthWatchEvents) {
    this.#events = events;
  }

  /** Begins to watch, or takes over changed settings. An instance that comes anew is held for up. */
  watch(instance: Instance, route: Route): void {
    const known = this.#watched.get(instance);
    if (known === undefined) {
      instance.down = undefined;
      const watched: Watched = { instance, route, failures: 0, timer: undefined, cancel: () => undefined };
      this.#watched.set(instance, watched);
      if (route.health !== null) this.#schedule(watched, 0);
      return;
    }
    const wasPolled = known.route.health !== null;
    known.route = route;
    if (!wasPolled && route.health !== null) this.#schedule(known, 0);
  }

  forget(instance: Instance): void {
    const watched = this.#watched.get(instance);
    if (watched === undefined) return;
    this.#watched.delete(instance);
    clearTimeout(watched.timer);
    watched.cancel();
  }

  /** For an instance that traffic found to be down; it is asked until it answers. */
  markDown(instance: Instance, reason: string): void {
    const watched = this.#watched.get(instance);
    // One that is no longer in the table has nobody who asks whether it is back.
    if (watched === undefined || instance.down !== undefined) return;
    instance.down = reason;
    this.#schedule(watched, recoveryIntervalMs);
  }

  get down(): readonly { readonly instance: string; readonly reason: string }[] {
    return [...this.#watched.keys()].flatMap(({ id, down }) =>
      down === undefined ? [] : [{ instance: id, reason: down }],
    );
  }

  close(): void {
    for (const instance of [...this.#watched.keys()]) this.forget(instance);
  }

  #schedule(watched: Watched, afterMs: number): void {
    clearTimeout(watched.timer);
    watched.timer = setTimeout(() => this.#poll(watched), afterMs).unref();
  }

  #poll(watched: Watched): void {
    watched.cancel();
    let open = true;
    const settle = (verdict: Verdict, refused: boolean): void => {
      if (!open || this.#watched.get(watched.instance) !== watched) return;
      open = false;
      this.#judge(watched, verdict, refused);
    };
    const stop = watched.route.health === null ? probe(watched.instance.port, settle) : ask(watched, settle);
    watched.cancel = () => {
      open = false;
      stop();
    };
  }

  #judge(watched: Watched, verdict: Verdict, refused: boolean): void {
    const { instance, route } = watched;
    const wasDown = instance.down !== undefined;
    if (verdict === undefined) {
      watched.failures = 0;
      instance.down = undefined;
    } else {
      watched.failures += 1;
      if (refused || watched.failures >= failuresUntilDown || wasDown) instance.down = verdict;
    }
    const interval = route.health?.intervalMs;
    if (instance.down !== undefined)
      this.#schedule(watched, Math.min(recoveryIntervalMs, interval ?? recoveryIntervalMs));
    else if (interval !== undefined) this.#schedule(watched, interval);
    if (wasDown && instance.down === undefined) this.#events.recovered();
  }
}

/** GETs the health path; 200 to 399 is well. */
function ask(watched: Watched, settle: (verdict: Verdict, refused: boolean) => void): () => void {
  const { health, hosts, tls } = watched.route;
  if (health === null) return () => undefined;
  const request = get(
    {
      host: '127.0.0.1',
      port: watched.instance.port,
      path: health.path,
      agent: false,
      headers: {
        'host': hosts[0] ?? 'localhost',
        'x-forwarded-proto': tls.mode === 'off' ? 'http' : 'https',
        'user-agent': 'mainstay-health',
      },
    },
    (response) => {
      const status = response.statusCode ?? 0;
      const verdict = status >= 200 && status < 400 ? undefined : `${health.path} answered ${status}`;
      settle(verdict, false);
      request.destroy();
    },
  );
  const timer = setTimeout(() => {
    settle(`${health.path} did not answer within ${health.timeoutMs} ms`, false);
    request.destroy();
  }, health.timeoutMs).unref();
  request.on('error', (error: NodeJS.ErrnoException) => {
    settle(
      `${health.path} could not be asked: ${error.code ?? error.message}`,
      error.code === 'ECONNREFUSED',
    );
  });
  request.on('close', () => clearTimeout(timer));
  return () => request.destroy();
}

/** For routes without a health path: whether it accepts connections. */
function probe(port: number, settle: (verdict: Verdict, refused: boolean) => void): () => void {
  const socket = connect({ host: '127.0.0.1', port, timeout: connectTimeoutMs });
  socket.on('connect', () => {
    settle(undefined, false);
    socket.destroy();
  });
  socket.on('timeout', () => {
    settle('it does not accept connections', true);
    socket.destroy();
  });
  socket.on('error', () => settle('it does not accept connections', true));
  return () => socket.destroy();
}
