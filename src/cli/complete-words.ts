import { exitCodes } from './exit-codes.ts';
import { findManifestFile } from './manifest-file.ts';
import type { VerbContext } from './verb.ts';

/**
 * What completion scripts call: prints one candidate a line for `environments` or `operations`. Never fails and
 * starts nothing: an error message in the middle of a half-typed line helps nobody.
 */
export async function completeWords(context: VerbContext, [what]: readonly string[]): Promise<number> {
  const words = what === 'operations' ? await operationIds(context) : await environmentNames(context);
  context.out.lines(words);
  return exitCodes.ok.code;
}

async function operationIds(context: VerbContext): Promise<string[]> {
  const answer = await quietly(() => context.controlIfUp().call('operations', { query: { limit: 20 } }));
  return answer?.operations.map(({ id }) => id) ?? [];
}

async function environmentNames(context: VerbContext): Promise<string[]> {
  const status = await quietly(() => context.controlIfUp().call('status', {}));
  const here = await quietly(() => namesOfManifest(context));
  const known = status?.environments.map(({ id }) => id) ?? [];
  return [...new Set([...(here ?? []), ...known])];
}

async function namesOfManifest(context: VerbContext): Promise<string[]> {
  const file = findManifestFile(context);
  if (file === undefined) return [];
  const { parseManifest } = await import('../manifest/parse-manifest.ts');
  const parsed = parseManifest(file.text, file.shown);
  return parsed.ok ? parsed.manifest.environments.map(({ name }) => name) : [];
}

async function quietly<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch {
    return undefined;
  }
}
