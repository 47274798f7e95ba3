import {
  type ConfigDocument,
  changeConfig,
  emptyConfig,
  openSecrets,
  secretNames,
} from '../configuration/config-document.ts';
import { Failure } from '../core/failure.ts';
import type { DeployConfiguration } from '../deploys/records.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { resolveEnvironment } from '../manifest/resolve-environment.ts';
import type { ConfigService } from '../server/control-deps.ts';
import type { Store } from '../store/store.ts';
import type { Sealer } from '../system/sealing.ts';

type Values = Readonly<Record<string, string>>;
export type ConfigChange = Parameters<ConfigService['change']>[1];

/** Configuration of environments: revisions in the store, secrets sealed for the environment they belong to. */
export class ConfigurationService implements DeployConfiguration, ConfigService {
  readonly #store: Store;
  readonly #sealer: Sealer;
  /** The manifest by which an environment is judged now: that of its release, else of the newest. */
  readonly #manifestOf: (environment: string) => Manifest | undefined;

  constructor(store: Store, sealer: Sealer, manifestOf: (environment: string) => Manifest | undefined) {
    this.#store = store;
    this.#sealer = sealer;
    this.#manifestOf = manifestOf;
  }

  values(environment: string, revision: number): Values {
    return this.#store.configRevisions.get(environment, revision)?.values ?? {};
  }

  secretNames(environment: string, revision: number): readonly string[] {
    return secretNames(this.#document(environment, revision));
  }

  secrets(environment: string, revision: number, names: readonly string[]): Values {
    return openSecrets(this.#document(environment, revision), names, environment, this.#sealer);
  }

  /** Those of the newest revision: what must not turn up in a release that is built now. */
  currentSecrets(environment: string): Values {
    const revision = this.#store.configRevisions.latest(environment)?.revision ?? 0;
    return this.secrets(environment, revision, this.secretNames(environment, revision));
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
    this.#refuseInTheOpen(environment, Object.keys(change.set));
    this.#makeKnown(environment);
    const before = this.#store.configRevisions.latest(environment) ?? emptyConfig;
    const after = changeConfig(before, change, environment, this.#sealer);
    this.#store.transaction(() => {
      const { revision } = this.#store.configRevisions.add({
        environment,
        ...after,
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

  /** What the manifest calls a secret is never stored where everyone can read it. */
  #refuseInTheOpen(environment: string, names: readonly string[]): void {
    const required = this.#required(environment);
    const name = names.find((candidate) => required.includes(candidate));
    if (name === undefined) return;
    const [, short = ''] = environment.split('/');
    throw new Failure(
      'config-invalid',
      `${name} is a secret of ${environment}, so it was not set in the open.`,
      {
        hint: `Set it with: mainstay secret set ${short} ${name}. What was typed may stand in the history of the shell.`,
        details: { name },
      },
    );
  }

  /** Secrets may be set before the first deploy, so naming an environment is enough to make it known. */
  #makeKnown(environment: string): void {
    const [app = '', name = ''] = environment.split('/');
    this.#store.transaction(() => {
      this.#store.apps.ensure(app, null);
      this.#store.environments.ensure(app, name);
    });
  }

  #document(environment: string, revision: number): ConfigDocument {
    return this.#store.configRevisions.get(environment, revision) ?? emptyConfig;
  }

  #required(environment: string): readonly string[] {
    const manifest = this.#manifestOf(environment);
    const name = environment.slice(environment.indexOf('/') + 1);
    return manifest === undefined ? [] : (resolveEnvironment(manifest, name)?.secrets ?? []);
  }
}
