import type { RunListener } from '../../runtimes/runtime.ts';
import { findPortHolder, isPublicAddress, servesLoopback } from '../../system/listening-ports.ts';

export interface ExpectedPort {
  readonly port: number;
  /** The variable that told the process its port. */
  readonly env: string;
}

/** Whether the instance itself is what listens on its port; where nothing can be seen, the answer counts. */
export function ownsPort(listeners: readonly RunListener[] | null, port: number): boolean {
  return (
    listeners === null ||
    listeners.some((listener) => listener.port === port && servesLoopback(listener.address))
  );
}

/** Why nobody answers on the port, from what the processes of the instance listen on. */
export function explainSilence(listeners: readonly RunListener[] | null, expected: ExpectedPort): string {
  const { port, env } = expected;
  const here = (listeners ?? []).filter((listener) => listener.port === port);
  if (here.length > 0 && !here.some(({ address }) => servesLoopback(address))) {
    return `it listens on ${here.map(({ address }) => bracket(address)).join(', ')} only, not on 127.0.0.1 ($HOST)`;
  }
  if (here.length > 0) return `it listens on port ${port} and does not accept connections`;
  const holder = findPortHolder(port);
  if (holder !== undefined) return `port ${port} is held by ${holder.name} (pid ${holder.pid})`;
  const others = [...new Set((listeners ?? []).map((listener) => listener.port))];
  if (others.length > 0) return `it listens on ${others.join(', ')}, but $${env} was ${port}`;
  return `it never listened on port ${port} ($${env})`;
}

/** Ports that other machines can reach, for an operator who did not ask for that. */
export function publicWarnings(listeners: readonly RunListener[] | null): string[] {
  return (listeners ?? [])
    .filter(({ address }) => isPublicAddress(address))
    .map(
      ({ address, port }) =>
        `It listens on ${bracket(address)}:${port}, which other machines may reach; let it listen on 127.0.0.1 ($HOST).`,
    );
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
