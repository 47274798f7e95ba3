import { Failure } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import type { Database, Row } from './database.ts';
import { integer, integerOrNull, jsonOrNull, text, textOrNull } from './row.ts';

export interface Maintenance {
  readonly message: string;
}

export interface EnvironmentRecord {
  /** `app/name`. */
  readonly id: string;
  readonly app: string;
  readonly name: string;
  /** The deployment that serves; null before the first one and after the environment was taken down. */
  readonly currentDeployment: string | null;
  /** The one that served before it. */
  readonly previousDeployment: string | null;
  readonly maintenance: Maintenance | null;
  readonly createdAt: number;
  readonly removedAt: number | null;
}

export class Environments {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Makes it known, or known again after it was removed. The app must be known. */
  ensure(app: string, name: string): EnvironmentRecord {
    const row = this.#database.get(
      `INSERT INTO environments (id, app, name, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET removed_at = NULL RETURNING *`,
      `${app}/${name}`,
      app,
      name,
      this.#clock.now(),
    );
    return toEnvironment(row ?? {});
  }

  get(id: string): EnvironmentRecord | undefined {
    const row = this.#database.get('SELECT * FROM environments WHERE id = ? AND removed_at IS NULL', id);
    return row === undefined ? undefined : toEnvironment(row);
  }

  /** Throws `not-found`, naming the environments that the app has. */
  require(id: string): EnvironmentRecord {
    const environment = this.get(id);
    if (environment !== undefined) return environment;
    const [app = id] = id.split('/');
    const known = this.list(app).map((other) => other.name);
    throw new Failure('not-found', `No environment ${id} is known.`, {
      hint:
        known.length === 0
          ? `Make it with: mainstay deploy ${id.slice(app.length + 1)}`
          : `${app} has: ${known.join(', ')}.`,
    });
  }

  list(app?: string): readonly EnvironmentRecord[] {
    const rows =
      app === undefined
        ? this.#database.all('SELECT * FROM environments WHERE removed_at IS NULL ORDER BY id')
        : this.#database.all(
            'SELECT * FROM environments WHERE app = ? AND removed_at IS NULL ORDER BY id',
            app,
          );
    return rows.map(toEnvironment);
  }

  /**
   * Says which deployment serves now; the one that did becomes the previous one and ends. Null: none serves.
   * Saying it twice changes nothing.
   */
  setCurrent(id: string, deployment: string | null): void {
    this.#database.transaction(() => {
      const environment = this.require(id);
      if (environment.currentDeployment === deployment) return;
      if (environment.currentDeployment !== null) {
        this.#database.run(
          'UPDATE deployments SET ended_at = ? WHERE id = ? AND ended_at IS NULL',
          this.#clock.now(),
          environment.currentDeployment,
        );
      }
      this.#database.run(
        `UPDATE environments SET current_deployment = ?1,
           previous_deployment = coalesce(current_deployment, previous_deployment) WHERE id = ?2`,
        deployment,
        id,
      );
    });
  }

  setMaintenance(id: string, maintenance: Maintenance | null): void {
    this.require(id);
    this.#database.run(
      'UPDATE environments SET maintenance = ? WHERE id = ?',
      maintenance === null ? null : JSON.stringify(maintenance),
      id,
    );
  }

  /** Its history stays; it is no longer listed. */
  markRemoved(id: string): void {
    this.#database.transaction(() => {
      if (this.get(id) === undefined) return;
      this.setCurrent(id, null);
      this.#database.run(
        'UPDATE environments SET removed_at = ?, maintenance = NULL WHERE id = ?',
        this.#clock.now(),
        id,
      );
    });
  }
}

function toEnvironment(row: Row): EnvironmentRecord {
  return {
    id: text(row, 'id'),
    app: text(row, 'app'),
    name: text(row, 'name'),
    currentDeployment: textOrNull(row, 'current_deployment'),
    previousDeployment: textOrNull(row, 'previous_deployment'),
    maintenance: jsonOrNull<Maintenance>(row, 'maintenance'),
    createdAt: integer(row, 'created_at'),
    removedAt: integerOrNull(row, 'removed_at'),
  };
}
