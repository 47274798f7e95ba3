import { z } from 'zod';
import { jobSpecSchema, routeSchema } from '../../api/agent-shapes.ts';
import { Failure } from '../../core/failure.ts';
import type { AgentLog } from '../agent-deps.ts';
import { DocumentStore } from '../state/document-store.ts';

const environmentStateSchema = z.object({
  format: z.literal(1),
  environment: z.string(),
  fence: z.number(),
  routes: z.array(routeSchema),
  /** What was ever declared as data here, so that it is known while nothing runs. */
  data: z.array(z.object({ name: z.string(), type: z.enum(['sqlite', 'files']), path: z.string() })),
  jobs: z.array(jobSpecSchema.extend({ secrets: z.string().describe('Sealed') })),
  /** How far the schedule of each job has been carried out, by name of the job. */
  schedule: z.record(
    z.string(),
    z.object({
      /** The last slot that was run, or given up. No slot up to it is ever run again. */
      lastSlot: z.number(),
      lastTask: z.string().nullable(),
      skipped: z.object({ at: z.number(), reason: z.string() }).nullable(),
    }),
  ),
});

export type EnvironmentState = z.infer<typeof environmentStateSchema>;

/** What the agent remembers of each environment: its fence, its routes, its jobs. */
export class EnvironmentStates {
  readonly #store: DocumentStore<EnvironmentState>;
  readonly #states = new Map<string, EnvironmentState>();

  constructor(directory: string) {
    this.#store = new DocumentStore(directory, environmentStateSchema);
  }

  async load(log: AgentLog): Promise<void> {
    for (const state of (await this.#store.load(log)).values()) this.#states.set(state.environment, state);
  }

  get all(): readonly EnvironmentState[] {
    return [...this.#states.values()];
  }

  find(environment: string): EnvironmentState | undefined {
    return this.#states.get(environment);
  }

  /**
   * Admits a call that changes the environment, and remembers its fence durably. Throws `lease-lost` when a
   * later lease has been at work: the caller was thought dead and another took over.
   */
  async admit(environment: string, fence: number): Promise<void> {
    const state = this.#states.get(environment) ?? emptyState(environment);
    if (fence < state.fence) {
      throw new Failure(
        'lease-lost',
        `Refused a change of ${environment}: its lease ${fence} was taken over (now ${state.fence}).`,
        {
          details: { fence, present: state.fence },
        },
      );
    }
    if (fence > state.fence || !this.#states.has(environment)) await this.update(environment, { fence });
  }

  async update(environment: string, changes: Partial<Omit<EnvironmentState, 'environment'>>): Promise<void> {
    const state = { ...(this.#states.get(environment) ?? emptyState(environment)), ...changes };
    this.#states.set(environment, state);
    await this.#store.write(fileName(environment), state);
  }

  /** Remembers declared data, by name. */
  async noteData(environment: string, data: EnvironmentState['data']): Promise<void> {
    const known = this.#states.get(environment)?.data ?? [];
    const items = data.map(({ name, type, path }) => ({ name, type, path }));
    const merged = [...known.filter(({ name }) => !items.some((item) => item.name === name)), ...items];
    merged.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (JSON.stringify(merged) !== JSON.stringify(known)) await this.update(environment, { data: merged });
  }

  async remove(environment: string): Promise<void> {
    this.#states.delete(environment);
    await this.#store.remove(fileName(environment));
  }
}

function emptyState(environment: string): EnvironmentState {
  return { format: 1, environment, fence: 0, routes: [], data: [], jobs: [], schedule: {} };
}

/** Neither part of the name may hold a dot, so this cannot collide. */
function fileName(environment: string): string {
  return environment.replace('/', '.');
}
