import { setTimeout as sleep } from 'node:timers/promises';
import type { DrainResult } from '../ingress.ts';
import type { Forwarder } from './forwarder.ts';
import type { Instance } from './instance.ts';

const lookAgainMs = 20;
/** "Service restart": browsers and libraries reconnect on it. */
const serviceRestart = 1012;

/** See `Ingress.drain`. Instances that nobody knows have nothing in flight. */
export async function drainInstances(
  forwarder: Forwarder,
  names: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DrainResult> {
  const wanted = new Set(names);
  const startedAt = forwarder.now();
  let closing = false;
  for (;;) {
    const instances = forwarder.instancesNamed(wanted);
    if (instances.every(({ isIdle }) => isIdle)) return { drained: true, requests: 0, webSockets: 0 };
    const elapsed = forwarder.now() - startedAt;
    if (elapsed >= timeoutMs) return cut(forwarder, instances);
    if (!closing && elapsed >= timeoutMs / 2) {
      closing = true;
      for (const { tunnels } of instances)
        for (const tunnel of tunnels) tunnel.closeGracefully(serviceRestart);
    }
    await sleep(Math.min(lookAgainMs, timeoutMs), undefined, { signal });
  }
}

function cut(forwarder: Forwarder, instances: readonly Instance[]): DrainResult {
  const requests = instances.reduce((sum, { inFlight }) => sum + inFlight, 0);
  const webSockets = instances.reduce((sum, { tunnels }) => sum + tunnels.size, 0);
  for (const { exchange } of forwarder.connections) {
    if (exchange?.instance && instances.includes(exchange.instance))
      exchange.respond(503, { fields: 'retry-after: 1\r\n' });
  }
  for (const { tunnels } of instances) for (const tunnel of [...tunnels]) tunnel.cut();
  return { drained: requests + webSockets === 0, requests, webSockets };
}
