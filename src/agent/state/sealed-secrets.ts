import { z } from 'zod';
import type { Sealer } from '../agent-deps.ts';

/** A specification as it lies in a state file: its secrets are one sealed text. */
export type Sealed<T extends { readonly secrets: Readonly<Record<string, string>> }> = Omit<T, 'secrets'> & {
  readonly secrets: string;
};

const secretsSchema = z.record(z.string(), z.string());

export function sealSecrets<T extends { readonly secrets: Readonly<Record<string, string>> }>(
  spec: T,
  sealer: Sealer,
  context: string,
): Sealed<T> {
  return { ...spec, secrets: sealer.seal(JSON.stringify(spec.secrets), context) };
}

export function openSecrets(
  spec: { readonly secrets: string },
  sealer: Sealer,
  context: string,
): Record<string, string> {
  return secretsSchema.parse(JSON.parse(sealer.unseal(spec.secrets, context)));
}
