import type { InstanceSpec } from '../api/agent.ts';
import { millis } from '../core/units.ts';
import type { AgentDeps } from './agent-deps.ts';
import { runCheck } from './checks/run-check.ts';
import { EnvironmentDirectories } from './environments/environment-directories.ts';
import type { EnvironmentStates } from './environments/environment-states.ts';
import type { CallHandlers } from './http/call-registry.ts';
import type { IngressKeeper } from './ingress/ingress-keeper.ts';
import type { Instances } from './instances/instances.ts';
import type { Jobs } from './jobs/jobs.ts';
import { DataSizes, measure } from './observe/data-sizes.ts';
import { observeHost } from './observe/observe-host.ts';
import { ProgramVersions } from './observe/program-versions.ts';
import type { Tasks } from './tasks/tasks.ts';

/** The parts of a running agent. */
export interface AgentParts {
  readonly instances: Instances;
  readonly tasks: Tasks;
  readonly jobs: Jobs;
  readonly states: EnvironmentStates;
  readonly keeper: IngressKeeper;
  /** Ends the agent after the answer was sent; with `stop` everything that runs as well. */
  shutdown(instances: 'keep' | 'stop'): Promise<void>;
}

/** Every call of the contract, carried out by the parts. */
export function agentCallHandlers(deps: AgentDeps, parts: AgentParts): CallHandlers {
  return { ...observingCalls(deps, parts), ...changingCalls(deps, parts) };
}

type ObservingCall =
  | 'observe'
  | 'missingBlobs'
  | 'awaitHealthy'
  | 'awaitTask'
  | 'drain'
  | 'traffic'
  | 'runCheck';

function observingCalls(deps: AgentDeps, parts: AgentParts): Pick<CallHandlers, ObservingCall> {
  const { instances, tasks, keeper } = parts;
  const observed = {
    ...deps,
    ...parts,
    startedAt: deps.clock.now(),
    versions: new ProgramVersions(deps.baseEnvironment['PATH'] ?? ''),
    sizes: new DataSizes(),
  };
  return {
    observe: ({ environment }) => observeHost(observed, environment),
    async missingBlobs({ digests }, { signal }) {
      return { missing: [...(await deps.artifacts.missing(digests, signal))] };
    },
    async awaitHealthy({ instance }, { signal }) {
      const found = instances.get(instance);
      await found.awaitReady(signal);
      return found.status();
    },
    awaitTask: ({ task, waitMs }, { signal }) => tasks.wait(task, waitMs, signal),
    drain: (request, { signal }) =>
      keeper.ingress.drain(request.instances, millis(request.timeoutMs), signal),
    async traffic({ environment }, { signal }) {
      const stats = await keeper.ingress.stats(signal);
      const traffic = stats
        .filter((entry) => entry.environment === environment)
        .map((entry) => ({
          ...entry,
          latencyBoundsMs: [...entry.latencyBoundsMs],
          latencyCounts: [...entry.latencyCounts],
        }));
      return { traffic };
    },
    runCheck: (request, { signal }) => runCheck(parts, request, signal),
  };
}

function changingCalls(deps: AgentDeps, parts: AgentParts): Omit<CallHandlers, ObservingCall> {
  const { instances, tasks, jobs, states, keeper } = parts;
  // What changes something goes on when its caller has gone: the caller will ask again.
  const goesOn = new AbortController().signal;
  return {
    async stageRelease({ release }) {
      return await deps.artifacts.stage(release, goesOn);
    },
    async removeReleases({ releases }) {
      const used = new Set([...instances.all.map(({ spec }) => spec.release), ...tasks.releasesInUse]);
      for (const state of states.all)
        for (const { release } of state.jobs) if (release !== null) used.add(release);
      const removed = releases.filter((release) => !used.has(release));
      await deps.artifacts.remove(removed, goesOn);
      return { removed, inUse: releases.filter((release) => used.has(release)) };
    },
    async startInstance({ fence, spec }) {
      await states.admit(spec.environment, fence);
      await noteData(deps, states, spec);
      return instances.start(spec);
    },
    async stopInstance({ fence, environment, instance }) {
      await states.admit(environment, fence);
      await instances.stop(instance);
      return {};
    },
    async startTask({ fence, spec }) {
      await states.admit(spec.environment, fence);
      await noteData(deps, states, spec);
      return tasks.start(spec);
    },
    stopTask: ({ task }) => tasks.stop(task, 'it was stopped'),
    async setRoutes({ fence, environment, routes }) {
      await states.admit(environment, fence);
      await states.update(environment, { routes });
      await deps.failurePoint?.('agent.routes.stored');
      await keeper.publish();
      await deps.failurePoint?.('agent.routes.applied');
      return { generation: keeper.generation };
    },
    async setJobs({ fence, environment, jobs: specs }) {
      await states.admit(environment, fence);
      for (const spec of specs) await noteData(deps, states, spec);
      await jobs.set(environment, specs);
      return {};
    },
    async removeEnvironment({ fence, environment, data }) {
      await states.admit(environment, fence);
      return removeEnvironment(deps, parts, environment, data);
    },
    async shutdown({ instances: what }) {
      await parts.shutdown(what);
      return {};
    },
  };
}

/** Remembers what a specification declares as data. Throws `usage-invalid` for a path that leads out. */
async function noteData(
  { home }: AgentDeps,
  states: EnvironmentStates,
  { environment, data }: Pick<InstanceSpec, 'environment' | 'data'>,
): Promise<void> {
  const directories = new EnvironmentDirectories(home.environments, environment);
  for (const { path } of data) directories.dataPath(path);
  await states.noteData(environment, data);
}

async function removeEnvironment(
  deps: AgentDeps,
  { instances, tasks, jobs, states, keeper }: AgentParts,
  environment: string,
  data: 'keep' | 'destroy',
): Promise<{ dataDirectory: string; bytes: number }> {
  const directories = new EnvironmentDirectories(deps.home.environments, environment);
  const exists = await directories.exists();
  if (exists) await directories.proveOwnership();
  await jobs.set(environment, []);
  await states.update(environment, { routes: [] });
  await keeper.publish();
  const own = instances.all.filter(({ spec }) => spec.environment === environment);
  await Promise.all(own.map(({ spec }) => instances.stop(spec.id)));
  await tasks.stopAll(environment, 'its environment was removed');
  const { bytes } = await measure(directories.data, 'files');
  if (exists) await directories.remove(data);
  await tasks.forget(environment);
  await states.remove(environment);
  return { dataDirectory: directories.data, bytes };
}
