import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../core/failure.ts';
import type { Clock } from '../../core/units.ts';
import type { Ingress, IngressStatus, Route, RouteTable } from '../../ingress/ingress.ts';
import type { IngressLauncher } from '../../ingress/ingress-launcher.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../system/process-identity.ts';
import type { AgentLog } from '../agent-deps.ts';
import { type IngressSettings, readIngressSettings, rememberPorts } from './ingress-settings.ts';
import { adoptSockets, bindFree, bindSettled, type OwnedSockets } from './ingress-sockets.ts';

interface Deps {
  readonly launcher: IngressLauncher;
  readonly settings: string;
  readonly inheritedSockets: readonly number[];
  readonly clock: Clock;
  readonly log: AgentLog;
  /** What should be served right now. */
  routes(): readonly Route[];
}

export interface IngressFacts extends IngressStatus {
  readonly address: string;
}

const lookMs = 100;
/** Every so many looks the ingress is asked whether it still answers. */
const looksPerQuestion = 50;
const answerMs = 10_000;
const factsMs = 2000;
const retryMs = 500;
const applyMs = 15_000;
const launchMs = 30_000;
const stopMs = 10_000;

/** Holds the listening sockets, keeps one ingress process running on them, and its routes up to date. */
export class IngressKeeper {
  readonly #deps: Deps;
  readonly #life = new AbortController();
  #sockets: OwnedSockets | undefined;
  #process: ProcessIdentity | undefined;
  #address = '127.0.0.1';
  /** Why there is no ingress, while there is none. */
  #failure: Error | undefined;
  #generation = 0;
  #applied: string | undefined;
  #applying: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Begins to keep an ingress; does not wait for it. */
  start(): void {
    this.#loop = this.#keep().catch((error: unknown) => {
      if (!this.#life.signal.aborted) this.#deps.log('keeping the ingress failed', { error: String(error) });
    });
  }

  /** For calls that need it; they fail with `host-unreachable` by themselves when it is down. */
  get ingress(): Ingress {
    return this.#deps.launcher.ingress;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#life;
    await this.#adopt();
    for (let looks = 1; !signal.aborted; looks += 1) {
      if (this.#process === undefined || !isAlive(this.#process)) {
        await this.#raise();
      } else if (looks % looksPerQuestion === 0) {
        await this.#question(this.#process);
      }
      await sleep(this.#process === undefined ? retryMs : lookMs, undefined, { signal });
    }
  }

  /** Takes over the sockets of an earlier agent, if they were handed on, and its ingress. */
  async #adopt(): Promise<void> {
    const settings = await readIngressSettings(this.#deps.settings).catch(() => undefined);
    if (settings !== undefined) {
      this.#address = settings.address;
      this.#sockets = adoptSockets(this.#deps.inheritedSockets, settings);
    }
    await this.#adoptProcess();
  }

  /** False when none answers. */
  async #adoptProcess(): Promise<boolean> {
    const status = await this.#ask().catch(() => undefined);
    this.#process = status && identifyProcess(status.pid);
    if (status === undefined || this.#process === undefined) return false;
    this.#generation = Math.max(this.#generation, status.generation);
    this.#applied = undefined;
    this.#failure = undefined;
    this.#deps.log('took over the ingress', { pid: status.pid, sockets: this.#sockets !== undefined });
    void this.publish().catch(() => undefined);
    return true;
  }

  async #raise(): Promise<void> {
    if (this.#process !== undefined) this.#deps.log('the ingress is gone', { pid: this.#process.pid });
    this.#process = undefined;
    try {
      // An agent that was killed may have started one that it did not live to see.
      if (await this.#adoptProcess()) return;
      const settings = await readIngressSettings(this.#deps.settings);
      this.#address = settings.address;
      this.#sockets ??= bindSettled(this.#deps.launcher, settings);
      if (this.#sockets === undefined) await this.#settle(settings);
      else await this.#launch(this.#sockets);
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#deps.log('the ingress could not be started', { error: String(error) });
    }
  }

  /** The first start on a home: the ports that it gets are its own from then on. */
  async #settle(settings: IngressSettings): Promise<void> {
    const { sockets, reserved } = await bindFree(this.#deps.launcher, settings);
    await using _reserved = reserved;
    try {
      await this.#launch(sockets);
    } catch (error) {
      sockets.close();
      throw error;
    }
    this.#sockets = sockets;
    await rememberPorts(this.#deps.settings, sockets.http.port, sockets.https.port);
  }

  async #launch(sockets: OwnedSockets): Promise<void> {
    const table = this.#newTable(this.#deps.routes());
    // Not given up when the agent ends: a process that nobody knows of would be left.
    const status = await this.#deps.launcher.launch(sockets, table, AbortSignal.timeout(launchMs));
    this.#process = identifyProcess(status.pid);
    this.#applied = JSON.stringify(table.routes);
    this.#deps.log('started the ingress', { pid: status.pid, port: sockets.http.port });
    void this.publish().catch(() => undefined);
  }

  /** An ingress that runs and does not answer is of no use to anybody. */
  async #question(identity: ProcessIdentity): Promise<void> {
    const answers = await this.#ask().then(
      () => true,
      () => false,
    );
    if (answers || !isAlive(identity) || this.#life.signal.aborted) return;
    this.#deps.log('the ingress does not answer and is ended', { pid: identity.pid });
    signalIdentity(identity, 'SIGKILL');
  }

  #ask(timeoutMs = answerMs): Promise<IngressStatus> {
    return this.#deps.launcher.ingress.status(
      AbortSignal.any([this.#life.signal, AbortSignal.timeout(timeoutMs)]),
    );
  }

  /**
   * Brings the ingress up to date with `routes()` as it is when this is called, or later. Throws why that is
   * not possible. Calls that come together share one table.
   */
  publish(): Promise<void> {
    this.#next ??= this.#applying
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#applying = this.#apply();
        return this.#applying;
      });
    return this.#next;
  }

  async #apply(): Promise<void> {
    const deadline = performance.now() + applyMs;
    for (;;) {
      this.#life.signal.throwIfAborted();
      try {
        await this.#applyOnce(AbortSignal.any([this.#life.signal, AbortSignal.timeout(applyMs)]));
        return;
      } catch (error) {
        this.#life.signal.throwIfAborted();
        if (needsPerson(this.#failure)) throw this.#failure;
        if (!(error instanceof Failure && error.retryable)) throw error;
        if (performance.now() >= deadline) throw this.#failure ?? error;
      }
      await sleep(50, undefined, { signal: this.#life.signal });
    }
  }

  async #applyOnce(signal: AbortSignal): Promise<void> {
    const routes = this.#deps.routes();
    const content = JSON.stringify(routes);
    const identity = this.#process;
    if (identity === undefined) {
      throw new Failure('host-unreachable', 'The ingress of this host is not running.', { retryable: true });
    }
    if (this.#applied === content && isAlive(identity)) return;
    await this.#deps.launcher.ingress.apply(this.#newTable(routes), signal);
    if (this.#process === identity) this.#applied = content;
  }

  /** By the clock, so that generations go on growing without being stored. */
  #newTable(routes: readonly Route[]): RouteTable {
    this.#generation = Math.max(this.#generation + 1, this.#deps.clock.now());
    return { generation: this.#generation, routes };
  }

  get generation(): number {
    return this.#generation;
  }

  /** Null while no ingress serves. */
  async facts(): Promise<IngressFacts | null> {
    if (this.#process === undefined || !isAlive(this.#process)) return null;
    const status = await this.#ask(factsMs).catch(() => undefined);
    return status === undefined ? null : { ...status, address: this.#address };
  }

  /** Lets go of the ingress; it goes on serving. */
  async detach(): Promise<void> {
    this.#life.abort(new Error('the agent lets go of the ingress'));
    await this.#loop;
  }

  /** Ends the ingress, requests in flight being finished within a bound, and gives the ports back. */
  async stop(): Promise<void> {
    await this.detach();
    const status = await this.ingress.status(AbortSignal.timeout(factsMs)).catch(() => undefined);
    for (const identity of [this.#process, status && identifyProcess(status.pid)]) {
      if (identity !== undefined) await endProcess(identity);
    }
    this.#sockets?.close();
    this.#sockets = undefined;
  }
}

function signalIdentity(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    if (isAlive(identity)) process.kill(identity.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

async function endProcess(identity: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + stopMs;
  signalIdentity(identity, 'SIGTERM');
  while (isAlive(identity)) {
    if (performance.now() > deadline) signalIdentity(identity, 'SIGKILL');
    await sleep(20);
  }
}

/** Trying again by itself will not cure it. */
function needsPerson(failure: Error | undefined): failure is Failure {
  return failure instanceof Failure && !['internal', 'timeout', 'host-unreachable'].includes(failure.code);
}
