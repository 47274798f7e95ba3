import { z } from 'zod';
import type { ProcessIdentity } from '../../system/process-identity.ts';
import type { RunHandle } from '../runtime.ts';

const stateSchema = z.object({
  startedAt: z.string(),
  /** The stop signal goes to the whole group, because the main process is a shell, which would keep it to itself. */
  signalsGroup: z.boolean(),
  keepsExit: z.boolean(),
  memoryBytes: z.number().nullable(),
  cpus: z.number().nullable(),
  /** Directories of the control groups that the run was put in. */
  cgroups: z.array(z.object({ directory: z.string(), kind: z.enum(['v2', 'memory', 'cpu']) })),
});

export type ProcessState = z.infer<typeof stateSchema>;

/** The driver's own view of a handle. Throws when the handle was made by another runtime. */
export function processState(handle: RunHandle): ProcessState & { readonly leader: ProcessIdentity } {
  const state = stateSchema.parse(handle.state);
  if (handle.pid === null) throw new Error(`run ${handle.run} has no process`);
  return { ...state, leader: { pid: handle.pid, startedAt: state.startedAt } };
}
