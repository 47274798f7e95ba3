import { z } from 'zod';
import { environmentId, name, releaseReference } from './shapes.ts';

export const sourceSchema = z.strictObject({
  directory: z.string().describe('Absolute path of the source on the control plane’s machine'),
  manifestFile: z.string().describe('Name shown in errors'),
  manifestText: z.string(),
  fresh: z
    .boolean()
    .default(false)
    .describe('Build even when the same source was built before, to see that the result is the same'),
});

/** What may be asked of the engine. `environment` is always `app/environment`. */
export const operationRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deploy'),
    environment: environmentId,
    source: sourceSchema.nullable().describe('Build from here; null: deploy `release` again'),
    release: releaseReference.nullable(),
    force: z.string().nullable().describe('Reason for going past `promote_from`; kept in the evidence'),
  }),
  z.strictObject({
    kind: z.literal('promote'),
    environment: environmentId.describe('The environment to promote to'),
    from: name.nullable().describe('Default: `promote_from` of the manifest'),
    force: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal('rollback'),
    environment: environmentId,
    release: releaseReference.nullable().describe('Default: the release before the current one'),
  }),
  z.strictObject({ kind: z.literal('verify'), environment: environmentId }),
  z.strictObject({
    kind: z.literal('run'),
    environment: environmentId,
    job: z.string().nullable().describe('A job of the manifest'),
    argv: z
      .array(z.string())
      .min(1)
      .nullable()
      .default(null)
      .describe('Or a program with its arguments, as they are'),
    command: z.string().nullable().describe('Or a command line, run by the shell in the current release'),
  }),
  z.strictObject({
    kind: z.literal('maintenance'),
    environment: environmentId,
    message: z.string().max(500).nullable().describe('Null takes the page away'),
  }),
  z.strictObject({ kind: z.literal('down'), environment: environmentId }),
  z.strictObject({
    kind: z.literal('destroy'),
    environment: environmentId,
    data: z.enum(['keep', 'destroy']),
  }),
]);
