import type { ControlDeps } from '../server/control-deps.ts';
import type { Control, ControlOptions } from './control.ts';

/** Long enough for the answer to leave. */
const farewellMs = 100;

/** Ends the control plane, and with `stop` everything that it started on this machine. Data is never touched. */
export function shutdownService(
  options: ControlOptions,
  { store, agentWatch }: Control,
  stop: () => void,
): ControlDeps['shutdown'] {
  return async (instances, signal) => {
    const serving = store.overview().filter(({ current }) => current !== null);
    if (instances === 'stop') {
      await agentWatch[Symbol.asyncDispose]();
      for (const host of options.hosts) await host.call('shutdown', { instances }, signal);
    }
    setTimeout(stop, farewellMs);
    const names = serving.map(({ id }) => id);
    const { root } = options.home;
    return instances === 'stop'
      ? {
          stopped: [...names, 'ingress', 'agent', 'control plane'],
          kept: [`data, releases and records in ${root}`],
        }
      : { stopped: ['control plane'], kept: [...names, 'ingress', 'agent', `everything in ${root}`] };
  };
}
