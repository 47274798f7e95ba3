import { z } from 'zod';
import { name } from './scalar-schemas.ts';
import { check } from './schema/check-schema.ts';
import { data, job } from './schema/data-and-job-schema.ts';
import { deploy, environment } from './schema/environment-schema.ts';
import { mapping, optional, required, variables } from './schema/keys.ts';
import { build, release } from './schema/release-schema.ts';
import { service } from './schema/service-schema.ts';

const named = <S extends z.ZodType>(thing: string, plural: string, schema: S) =>
  z.record(name(thing), schema, `expected a mapping of names to ${plural}`);

/**
 * `mainstay.yaml` as it is written. From here come the checks of `parseManifest`, the reference page and
 * the JSON Schema, so every key has a description and an example. Rules that join several keys are in `rules/`.
 */
export const manifestSchema = z
  .strictObject(
    {
      app: required(name('an app'), 'The name of the app, unique on a control plane.', {
        example: 'guestbook',
      }),
      build: optional(build, 'How the source becomes a release. It is built once and promoted as it is.', {
        example: { commands: ['npm ci --omit=dev'] },
      }),
      configuration: optional(
        variables(),
        'Variables for every service, job, check and `release.before` in every environment. What a service or job sets in `environment` wins over them, and the `configuration` of an environment over both.',
        { example: { LOG_LEVEL: 'info' } },
      ),
      services: optional(named('a service', 'services', service), 'The long-running parts of the app.', {
        example: { web: { command: 'node server.js', health: '/health' } },
      }),
      release: optional(release, 'What happens once per deploy, and how many releases are kept.', {
        example: { before: 'node migrate.js' },
      }),
      data: optional(named('data', 'data', data), 'What outlives releases and is backed up.', {
        example: { entries: { type: 'sqlite', path: 'guestbook.db', env: 'DATABASE_FILE' } },
      }),
      jobs: optional(named('a job', 'jobs', job), 'What runs once, on a schedule or by hand.', {
        example: { digest: { command: 'node digest.js', schedule: '0 7 * * *' } },
      }),
      checks: optional(
        named('a check', 'checks', check),
        'Questions that a release must answer well to go live.',
        {
          example: { home: { http: { path: '/' } } },
        },
      ),
      deploy: optional(deploy, 'How a deploy moves traffic, and what makes it go back.', {
        example: { watch: '30s' },
      }),
      environments: required(
        named('an environment', 'environments', environment),
        'The running copies of the app, each with its own domain, configuration, secrets and data.',
        { example: { production: { domain: 'guestbook.example.com' } } },
      ),
    },
    mapping,
  )
  .meta({
    title: 'mainstay.yaml',
    description: 'What an app consists of, and the environments it runs in.',
  });

export type WrittenManifest = z.infer<typeof manifestSchema>;
