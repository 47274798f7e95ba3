import { Failure } from '../core/failure.ts';
import type { DeployConfiguration } from '../deploys/records.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { resolveEnvironment } from '../manifest/resolve-environment.ts';
import type { ConfigService } from '../server/control-deps.ts';
import type { Store } from '../store/store.ts';

/** Encrypts the secrets of an environment under the key of the home. */
export interface SecretBox {
  seal(plaintext: string, context: string): string;
  unseal(sealed: string, context: string): string;
}

type Values = Readonly<Record<string, string>>;
export type ConfigChange = Parameters<ConfigService['change']>[1];

/** Configuration of environments: revisions in the store, secrets sealed for the environment they belong to. */
export class ConfigurationService implements DeployConfiguration, ConfigService {
  readonly #store: Store;
  readonly #box: SecretBox;
  /** The manifest by which an environment is judged now: that of its release, else of the newest. */
  readonly #manifestOf: (environment: string) => Manifest | undefined;

  constructor(store: Store, box: SecretBox, manifestOf: (environment: string) => Manifest | undefined) {
    this.#store = store;
    this.#box = box;
    this.#manifestOf = manifestOf;
  }

  values(environment: string, revision: number): Values {
    return this.#store.configRevisions.get(environment, revision)?.values ?? {};
  }

  secretNames(environment: string, revision: number): readonly string[] {
    return Object.keys(this.#open(environment, revision)).sort();
  }

  secrets(environment: string, revision: number, names: readonly string[]): Values {
    const all = this.#open(environment, revision);
    const missing = names.filter((name) => all[name] === undefined);
    if (missing.length > 0)
      throw new Failure('config-invalid', `${environment} lacks secrets: ${missing.join(', ')}`, {
        hint: `Set each with: mainstay secret set ${environment} ${missing[0]}`,
      });
    return Object.fromEntries(names.map((name) => [name, all[name] ?? '']));
  }

  /** Those of the newest revision: what must not turn up in a release that is built now. */
  currentSecrets(environment: string): Values {
    const latest = this.#store.configRevisions.latest(environment);
    return latest === undefined ? {} : this.#open(environment, latest.revision);
  }

  get(environment: string): ReturnType<ConfigService['get']> {
    const known = this.#store.environments.require(environment);
    const latest = this.#store.configRevisions.latest(environment);
    const revision = latest?.revision ?? 0;
    const current =
      known.currentDeployment === null ? undefined : this.#store.deployments.get(known.currentDeployment);
    const secrets = this.secretNames(environment, revision);
    return {
      environment,
      revision,
      inForce: current === undefined ? null : (current.configRevision ?? 0),
      values: { ...latest?.values },
      secrets: [...secrets],
      missing: this.#required(environment).filter((name) => !secrets.includes(name)),
    };
  }

  change(environment: string, change: ConfigChange, author: string): void {
    this.#makeKnown(environment);
    const latest = this.#store.configRevisions.latest(environment);
    const values = merge(latest?.values ?? {}, change.set, change.unset);
    const secrets = merge(this.currentSecrets(environment), change.setSecrets, change.unsetSecrets);
    refuseClashes(environment, values, secrets);
    this.#store.transaction(() => {
      const { revision } = this.#store.configRevisions.add({
        environment,
        values,
        sealed: this.#box.seal(JSON.stringify(secrets), environment),
        author,
      });
      this.#store.evidence.append({
        kind: 'config.changed',
        subject: environment,
        data: {
          revision,
          author,
          set: Object.keys(change.set),
          unset: [...change.unset],
          secretsSet: Object.keys(change.setSecrets),
          secretsUnset: [...change.unsetSecrets],
        },
      });
    });
  }

  /** Secrets may be set before the first deploy, so naming an environment is enough to make it known. */
  #makeKnown(environment: string): void {
    const [app = '', name = ''] = environment.split('/');
    this.#store.transaction(() => {
      this.#store.apps.ensure(app, null);
      this.#store.environments.ensure(app, name);
    });
  }

  #open(environment: string, revision: number): Values {
    const stored = this.#store.configRevisions.get(environment, revision);
    if (stored === undefined) return {};
    return JSON.parse(this.#box.unseal(stored.sealed, environment)) as Values;
  }

  #required(environment: string): readonly string[] {
    const manifest = this.#manifestOf(environment);
    const name = environment.slice(environment.indexOf('/') + 1);
    return manifest === undefined ? [] : (resolveEnvironment(manifest, name)?.secrets ?? []);
  }
}

function merge(present: Values, set: Values, unset: readonly string[]): Record<string, string> {
  const names = [...Object.keys({ ...present, ...set }), ...unset];
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new Failure('config-invalid', `${name} cannot be the name of a variable.`, {
        hint: 'Letters, digits and underscores; the first is no digit.',
      });
  }
  return Object.fromEntries(Object.entries({ ...present, ...set }).filter(([name]) => !unset.includes(name)));
}

function refuseClashes(environment: string, values: Values, secrets: Values): void {
  const both = Object.keys(values).filter((name) => name in secrets);
  if (both.length > 0)
    throw new Failure(
      'config-invalid',
      `${both.join(', ')} of ${environment} would be both a value and a secret.`,
      {
        hint: `Unset one of them first, with: mainstay config unset or mainstay secret unset`,
      },
    );
}
