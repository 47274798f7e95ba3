import { Failure } from '../core/failure.ts';
import { canonicalJson } from '../core/json.ts';
import type { Sealer } from '../system/sealing.ts';
import { checkName, checkValue } from './config-names.ts';

/** Configuration of one environment at one time; never changed, only followed by another. */
export interface ConfigDocument {
  readonly values: Readonly<Record<string, string>>;
  /** JSON: name of each secret → its sealed value. Names can be read without the key. */
  readonly sealed: string;
}

export interface ConfigChange {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
  readonly setSecrets: Readonly<Record<string, string>>;
  readonly unsetSecrets: readonly string[];
}

/** What a change did. Of secrets only the names. */
export interface ConfigDifference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly secretsSet: readonly string[];
  readonly secretsRemoved: readonly string[];
}

export const emptyConfig: ConfigDocument = { values: {}, sealed: '{}' };

/**
 * The next document. Throws `config-invalid` for a name or value that no process can have, for a name that is to be both
 * open and secret, and for the removal of something that is not set.
 */
export function changeConfig(
  before: ConfigDocument,
  change: ConfigChange,
  environment: string,
  sealer: Sealer,
): ConfigDocument {
  const values = new Map(Object.entries(before.values));
  const sealed = new Map(Object.entries(sealedValues(before)));
  for (const name of change.unset) remove(values, name, `${name} is not set in ${environment}.`);
  for (const name of change.unsetSecrets)
    remove(sealed, name, `The secret ${name} is not set in ${environment}.`);
  for (const [name, value] of Object.entries(change.set)) {
    checkName(name);
    checkValue(name, value);
    values.set(name, value);
  }
  for (const [name, value] of Object.entries(change.setSecrets)) {
    checkName(name);
    checkValue(name, value);
    if (value === '') throw new Failure('config-invalid', `The secret ${name} is empty; it was not set.`);
    sealed.set(name, sealer.seal(value, sealContext(environment, name)));
  }
  const both = [...values.keys()].find((name) => sealed.has(name));
  if (both !== undefined)
    throw new Failure('config-invalid', `${both} cannot be a value and a secret of ${environment} at once.`, {
      hint: 'Unset the one that should go, then set the other.',
      details: { name: both },
    });
  return { values: Object.fromEntries(values), sealed: canonicalJson(Object.fromEntries(sealed)) };
}

/** In alphabetical order. Needs no key. */
export function secretNames(document: ConfigDocument): string[] {
  return Object.keys(sealedValues(document)).sort();
}

/** Plain values of the secrets named. Throws `config-invalid` naming all that are not set, and how to set them. */
export function openSecrets(
  document: ConfigDocument,
  names: readonly string[],
  environment: string,
  sealer: Sealer,
): Record<string, string> {
  const sealed = sealedValues(document);
  const missing = names.filter((name) => !Object.hasOwn(sealed, name));
  if (missing.length > 0) throw missingSecrets(environment, missing);
  return Object.fromEntries(
    names.map((name) => [name, sealer.unseal(sealed[name] ?? '', sealContext(environment, name))]),
  );
}

export function compareConfig(before: ConfigDocument, after: ConfigDocument): ConfigDifference {
  const names = Object.keys(after.values).sort();
  const [sealedBefore, sealedAfter] = [sealedValues(before), sealedValues(after)];
  return {
    added: names.filter((name) => !Object.hasOwn(before.values, name)),
    changed: names.filter(
      (name) => Object.hasOwn(before.values, name) && before.values[name] !== after.values[name],
    ),
    removed: Object.keys(before.values)
      .filter((name) => !Object.hasOwn(after.values, name))
      .sort(),
    // A nonce is random, so setting a secret to the value it has shows here as well.
    secretsSet: secretNames(after).filter((name) => sealedBefore[name] !== sealedAfter[name]),
    secretsRemoved: secretNames(before).filter((name) => !Object.hasOwn(sealedAfter, name)),
  };
}

function remove(map: Map<string, string>, name: string, message: string): void {
  if (map.delete(name)) return;
  throw new Failure('config-invalid', message, { details: { name } });
}

function missingSecrets(environment: string, missing: readonly string[]): Failure {
  const name = environment.slice(environment.indexOf('/') + 1);
  const commands = missing.map((secret) => `mainstay secret set ${name} ${secret}`);
  return new Failure('config-invalid', `${environment} lacks secrets: ${missing.join(', ')}.`, {
    hint: `Set each with: ${commands.join('; ')}`,
    details: { missing },
  });
}

function sealContext(environment: string, name: string): string {
  return `secret ${name} of ${environment}`;
}

function sealedValues(document: ConfigDocument): Readonly<Record<string, string>> {
  return JSON.parse(document.sealed) as Record<string, string>;
}
