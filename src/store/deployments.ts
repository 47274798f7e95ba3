import type { Json } from '../core/json.ts';
import type { Clock } from '../core/units.ts';
import type { Outcome } from '../operations/step.ts';
import type { Database, Row } from './database.ts';
import { integer, integerOrNull, json, text, wordOrNull } from './row.ts';

/** One release put into one environment, with everything that a rollback to it needs. */
export interface DeploymentRecord {
  readonly id: string;
  readonly environment: string;
  readonly release: string;
  /** Null: the environment had no configuration of its own. */
  readonly configRevision: number | null;
  readonly operation: string;
  /** Counts from 1 in each environment, failed ones included. */
  readonly generation: number;
  readonly startedAt: number;
  /** When it failed, or stopped serving. */
  readonly endedAt: number | null;
  /** Of its operation, once that has one. */
  readonly outcome: Outcome | null;
  /** What was started for it: instance ids, services, ordinals. */
  readonly instances: Json;
}

export type NewDeployment = Omit<DeploymentRecord, 'generation' | 'startedAt' | 'endedAt' | 'outcome'>;

export class Deployments {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Idempotent by id, so that it may be called again after a crash. */
  begin(deployment: NewDeployment): DeploymentRecord {
    const row = this.#database.get(
      `INSERT INTO deployments (id, environment, release, config_revision, operation, generation, started_at, instances)
       SELECT ?1, ?2, ?3, ?4, ?5, coalesce(max(generation), 0) + 1, ?6, ?7 FROM deployments WHERE environment = ?2
       ON CONFLICT (id) DO UPDATE SET instances = excluded.instances
       RETURNING *`,
      deployment.id,
      deployment.environment,
      deployment.release,
      deployment.configRevision,
      deployment.operation,
      this.#clock.now(),
      JSON.stringify(deployment.instances),
    );
    return toDeployment(row ?? {});
  }

  /** Stores how its operation ended; one that did not succeed has ended with it. */
  setOutcome(id: string, outcome: Outcome): void {
    this.#database.run(
      `UPDATE deployments SET outcome = ?1, ended_at = CASE WHEN ?1 = 'succeeded' THEN ended_at ELSE coalesce(ended_at, ?2) END
       WHERE id = ?3`,
      outcome,
      this.#clock.now(),
      id,
    );
  }

  get(id: string): DeploymentRecord | undefined {
    const row = this.#database.get('SELECT * FROM deployments WHERE id = ?', id);
    return row === undefined ? undefined : toDeployment(row);
  }

  /** Newest first. */
  list(environment: string, limit: number): readonly DeploymentRecord[] {
    return this.#database
      .all(
        'SELECT * FROM deployments WHERE environment = ? ORDER BY generation DESC LIMIT ?',
        environment,
        limit,
      )
      .map(toDeployment);
  }
}

function toDeployment(row: Row): DeploymentRecord {
  return {
    id: text(row, 'id'),
    environment: text(row, 'environment'),
    release: text(row, 'release'),
    configRevision: integerOrNull(row, 'config_revision'),
    operation: text(row, 'operation'),
    generation: integer(row, 'generation'),
    startedAt: integer(row, 'started_at'),
    endedAt: integerOrNull(row, 'ended_at'),
    outcome: wordOrNull(row, 'outcome'),
    instances: json(row, 'instances'),
  };
}
