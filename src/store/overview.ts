import type { Json } from '../core/json.ts';
import type { OperationSummary } from '../operations/operation.ts';
import type { Database, Row } from './database.ts';
import type { Maintenance } from './environments.ts';
import { toSummary } from './operation-rows.ts';
import { integer, integerOrNull, json, jsonOrNull, text, textOrNull } from './row.ts';

/** One environment as a list shows it, read without touching manifests, plans or journals. */
export interface EnvironmentOverview {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  readonly maintenance: Maintenance | null;
  readonly current: {
    readonly deployment: string;
    readonly generation: number;
    readonly startedAt: number;
    readonly release: { readonly digest: string; readonly number: number };
    readonly configRevision: number | null;
    readonly instances: Json;
  } | null;
  readonly previousRelease: { readonly digest: string; readonly number: number } | null;
  /** Newest revision; differs from that of `current` when a change waits for a deploy. */
  readonly configRevision: number | null;
  readonly lastOperation: OperationSummary | null;
}

const query = `
  SELECT e.id AS environment_id, e.app, e.name, e.maintenance,
    d.id AS deployment, d.generation, d.started_at AS deployed_at, d.config_revision, d.instances,
    r.digest, r.number, p.release AS previous_digest, pr.number AS previous_number,
    (SELECT max(revision) FROM config_revisions c WHERE c.environment = e.id) AS newest_revision,
    o.id, o.kind, o.environment, o.state, o.outcome, o.summary, o.failure, o.requested_by,
    o.created_at, o.started_at, o.finished_at, o.cancel_requested_at, o.cancel_requested_by
  FROM environments e
  LEFT JOIN deployments d ON d.id = e.current_deployment
  LEFT JOIN releases r ON r.digest = d.release
  LEFT JOIN deployments p ON p.id = e.previous_deployment
  LEFT JOIN releases pr ON pr.digest = p.release
  LEFT JOIN operations o ON o.position = (SELECT max(position) FROM operations WHERE environment = e.id)
  WHERE e.removed_at IS NULL AND (?1 IS NULL OR e.app = ?1) AND (?2 IS NULL OR e.id = ?2)
  ORDER BY e.id`;

/** All environments, those of one app, or one: in one query, whatever their number. */
export function readOverview(
  database: Database,
  filter: { readonly app?: string | undefined; readonly environment?: string | undefined } = {},
): readonly EnvironmentOverview[] {
  return database.all(query, filter.app ?? null, filter.environment ?? null).map(toOverview);
}

function toOverview(row: Row): EnvironmentOverview {
  return {
    id: text(row, 'environment_id'),
    app: text(row, 'app'),
    name: text(row, 'name'),
    maintenance: jsonOrNull<Maintenance>(row, 'maintenance'),
    current: row['deployment'] === null ? null : toCurrent(row),
    previousRelease:
      textOrNull(row, 'previous_digest') === null
        ? null
        : { digest: text(row, 'previous_digest'), number: integer(row, 'previous_number') },
    configRevision: integerOrNull(row, 'newest_revision'),
    lastOperation: row['id'] === null ? null : toSummary(row),
  };
}

function toCurrent(row: Row): EnvironmentOverview['current'] {
  return {
    deployment: text(row, 'deployment'),
    generation: integer(row, 'generation'),
    startedAt: integer(row, 'deployed_at'),
    release: { digest: text(row, 'digest'), number: integer(row, 'number') },
    configRevision: integerOrNull(row, 'config_revision'),
    instances: json(row, 'instances'),
  };
}
