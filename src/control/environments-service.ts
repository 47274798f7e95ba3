import { Failure } from '../core/failure.ts';
import type { PlannedInstance } from '../deploys/records.ts';
import type { EnvironmentRow, EnvironmentsService } from '../server/control-deps.ts';
import type { EnvironmentOverview } from '../store/overview.ts';
import type { Store } from '../store/store.ts';

/** What the server shows of environments, over the store. */
export function environmentsService(store: Store): EnvironmentsService {
  return {
    overview: (app) => store.overview(app === undefined ? {} : { app }).map(toRow),
    get: (id) => {
      store.environments.require(id);
      const [row] = store.overview({ environment: id });
      if (row === undefined) throw new Failure('not-found', `No environment ${id} is known.`);
      return toRow(row);
    },
    releaseNumber: (digest) => store.releases.get(digest)?.number,
  };
}

function toRow(row: EnvironmentOverview): EnvironmentRow {
  const { current } = row;
  return {
    id: row.id,
    release: current?.release ?? null,
    previousRelease: row.previousRelease,
    everDeployed: current !== null || row.previousRelease !== null,
    deployedAt: current?.startedAt ?? null,
    instances:
      current === null
        ? []
        : (current.instances as unknown as readonly PlannedInstance[]).map(({ id, host }) => ({ id, host })),
    maintenance: row.maintenance,
    lastOperation: row.lastOperation,
    configInForce: current === null ? null : (current.configRevision ?? 0),
    configRevision: row.configRevision ?? 0,
  };
}
