import { HeldWebSocket } from './held-web-socket.ts';
import type { FromGenerator, LoadPlan, ToGenerator } from './load-plan.ts';
import { seededRandom } from './random.ts';
import { nextRequest, type RequestShape } from './request-mix.ts';
import { openTarget, sendRequest } from './send-request.ts';
import { Tally } from './tally.ts';

/**
 * The load, as a process of its own: what the benchmark does meanwhile must not delay a request. Requests go out
 * at their times whether or not earlier ones were answered, as visitors do who know nothing of each other.
 */
class Generator {
  readonly #plan: LoadPlan;
  readonly #tally: Tally;
  readonly #startedAt = performance.now();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #webSockets = new Map<number, HeldWebSocket>();
  readonly #target;
  readonly #random;
  #stopping = false;
  #count = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#tally = new Tally(this.#startedAt);
    this.#target = openTarget(plan.port, plan.host);
    this.#random = seededRandom(plan.seed);
    for (let index = 0; index < plan.webSockets; index += 1) this.#hold(index);
    this.#sendDue();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#tally.close(performance.now());
    await Promise.all(this.#inFlight);
    for (const socket of this.#webSockets.values()) socket.close();
    this.#target.agent.destroy();
    send({ type: 'result', result: this.#tally.result() });
  }

  #sendDue(): void {
    if (this.#stopping) return;
    const dueAt = () => this.#startedAt + (this.#count * 1000) / this.#plan.requestsPerSecond;
    while (dueAt() <= performance.now()) {
      this.#send(dueAt());
      this.#count += 1;
    }
    setTimeout(() => this.#sendDue(), Math.max(0, dueAt() - performance.now()));
  }

  #send(dueAt: number): void {
    const shape = nextRequest(this.#plan, this.#random, this.#count);
    this.#tally.sent += 1;
    const answered = this.#answer(shape, dueAt);
    this.#inFlight.add(answered);
    void answered.finally(() => this.#inFlight.delete(answered));
  }

  async #answer(shape: RequestShape, dueAt: number): Promise<void> {
    const answer = await sendRequest(this.#target, shape, this.#plan.slowMs);
    this.#tally.answered(shape, answer, dueAt, performance.now());
  }

  /** Keeps one WebSocket open; each attempt to open it counts as a request. */
  #hold(index: number): void {
    if (this.#stopping) return;
    this.#tally.sent += 1;
    const again = (pauseMs: number) => setTimeout(() => this.#hold(index), pauseMs);
    const socket = new HeldWebSocket(this.#plan.port, this.#plan.host, `w${index}`, {
      upgraded: (refusal) => {
        if (refusal === null) return;
        this.#tally.failed('lost', `WebSocket: ${refusal}`, 'upgrade', performance.now());
        again(1000);
      },
      echoed: (version) => {
        this.#tally.webSocketMessages += 1;
        if (version === null)
          this.#tally.failed('wrong', 'WebSocket: not its echo', 'message', performance.now());
      },
      ended: (how) => {
        if (how === 'own') return;
        if (how === 'moved') this.#tally.webSocketsMoved += 1;
        else this.#tally.webSocketsCut += 1;
        again(how === 'moved' ? 0 : 1000);
      },
    });
    this.#webSockets.set(index, socket);
  }
}

function send(message: FromGenerator): void {
  process.send?.(message);
}

let generator: Generator | undefined;
process.on('message', (message: ToGenerator) => {
  if (message.type === 'start') generator ??= new Generator(message.plan);
  else void generator?.stop();
});
// The benchmark decides when the load ends, also when a person presses Ctrl-C.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
send({ type: 'ready' });
