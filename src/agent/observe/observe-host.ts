import type { HostObservation } from '../../api/agent.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { EnvironmentDirectories } from '../environments/environment-directories.ts';
import type { EnvironmentStates } from '../environments/environment-states.ts';
import type { IngressKeeper } from '../ingress/ingress-keeper.ts';
import type { Instances } from '../instances/instances.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { DataSizes } from './data-sizes.ts';
import { hostFacts } from './host-facts.ts';
import type { ProgramVersions } from './program-versions.ts';

interface Deps extends Pick<AgentDeps, 'home' | 'version' | 'artifacts'> {
  readonly startedAt: number;
  readonly instances: Instances;
  readonly jobs: Jobs;
  readonly states: EnvironmentStates;
  readonly keeper: IngressKeeper;
  readonly versions: ProgramVersions;
  readonly sizes: DataSizes;
}

/** Everything that a plan needs to know of this host, or of one environment on it. */
export async function observeHost(deps: Deps, environment: string | null): Promise<HostObservation> {
  const concerns = (name: string): boolean => environment === null || name === environment;
  const states = deps.states.all.filter((state) => concerns(state.environment));
  const instances = deps.instances.all.filter(({ spec }) => concerns(spec.environment));
  const [host, ingress, statuses, releases, jobs, data] = await Promise.all([
    hostFacts(deps.home.root, deps.versions),
    deps.keeper.facts(),
    Promise.all(instances.map((instance) => instance.status())),
    deps.artifacts.staged(),
    deps.jobs.statuses(environment),
    Promise.all(states.map((state) => observeData(deps, state))),
  ]);
  return {
    host,
    agent: { version: deps.version, pid: process.pid, startedAt: deps.startedAt },
    ingress:
      ingress === null
        ? null
        : {
            pid: ingress.pid,
            address: ingress.address,
            httpPort: ingress.httpPort,
            httpsPort: ingress.httpsPort,
            generation: ingress.generation,
            down: ingress.down.map(({ instance, reason }) => ({ instance, reason })),
          },
    instances: statuses.sort((a, b) => (a.id < b.id ? -1 : 1)),
    releases: [...releases],
    routes: states.flatMap((state) =>
      state.routes.map((route) => ({ ...route, environment: state.environment })),
    ),
    jobs,
    data: data.flat(),
  };
}

function observeData(
  { home, sizes }: Deps,
  { environment, data }: EnvironmentStates['all'][number],
): Promise<HostObservation['data']> {
  const directories = new EnvironmentDirectories(home.environments, environment);
  return Promise.all(
    data.map(async ({ name, type, path }) => {
      const directory = directories.dataPath(path);
      return { environment, name, directory, ...(await sizes.read(directory, type)) };
    }),
  );
}
