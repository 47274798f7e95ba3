import type { ControlDeps } from '../control-deps.ts';
import type { Handlers } from '../handler.ts';
import { observeAll } from '../observations.ts';
import { runToEnd } from '../run-to-end.ts';
import { arrangeSight, environmentDetail, environmentOverview } from '../views/environment-view.ts';

type Name =
  | 'health'
  | 'status'
  | 'environment'
  | 'maintenance'
  | 'releases'
  | 'hosts'
  | 'compare'
  | 'shutdown';

export function environmentHandlers(deps: ControlDeps): Pick<Handlers, Name> {
  return {
    health: () => ({ version: deps.version, pid: process.pid, startedAt: deps.startedAt, home: deps.home }),
    status: async ({ query, signal }) => {
      const seen = await observeAll(deps.hosts, null, signal);
      const sight = arrangeSight(seen);
      return {
        version: deps.version,
        hosts: seen.map(({ name, observation, reason }) => ({
          name,
          reachable: observation !== null,
          reason,
        })),
        environments: deps.environments.overview(query.app).map((row) => environmentOverview(row, sight)),
      };
    },
    environment: async ({ params, signal }) => {
      const id = `${params.app}/${params.environment}`;
      const row = deps.environments.get(id);
      return environmentDetail(row, await observeAll(deps.hosts, id, signal), (digest) =>
        deps.environments.releaseNumber(digest),
      );
    },
    maintenance: async ({ params, body, signal }) => {
      const id = `${params.app}/${params.environment}`;
      await runToEnd(
        deps.operations,
        { kind: 'maintenance', environment: id, message: body.message },
        signal,
      );
      const sight = arrangeSight(await observeAll(deps.hosts, id, signal));
      return environmentOverview(deps.environments.get(id), sight);
    },
    releases: ({ params }) => ({ releases: [...deps.releases(params.app)] }),
    hosts: async ({ signal }) => ({ hosts: await observeAll(deps.hosts, null, signal) }),
    compare: async ({ params, query, signal }) => ({
      differences: [...(await deps.compare(params.app, query.left, query.right, signal))],
    }),
    shutdown: ({ body, signal }) => deps.shutdown(body.instances, signal),
  };
}
