import type { HostObservation } from '../api/agent.ts';
import { Failure } from '../core/failure.ts';
import type { Host } from '../hosts/host.ts';

export interface SeenHost {
  readonly name: string;
  readonly observation: HostObservation | null;
  /** Why there is none. */
  readonly reason: string | null;
}

/** Asks every host for one document; a host that does not answer is said to be so and stops nobody. */
export function observeAll(
  hosts: readonly Host[],
  environment: string | null,
  signal: AbortSignal,
): Promise<SeenHost[]> {
  return Promise.all(
    hosts.map(async (host) => {
      try {
        return {
          name: host.name,
          observation: await host.call('observe', { environment }, signal),
          reason: null,
        };
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        return { name: host.name, observation: null, reason: thrown.message };
      }
    }),
  );
}
