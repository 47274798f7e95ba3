import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { duration, filledText, relativePath } from '../scalar-schemas.ts';
import { commands, integer, mapping, optional, variables } from './keys.ts';

export const build = z.strictObject(
  {
    commands: optional(
      commands(),
      'Run in order by the shell, in a clean copy of the source; the first that fails ends the build. Without any, the source is the release.',
      { example: ['npm ci --omit=dev'] },
    ),
    environment: optional(variables(), 'Variables for the commands. Secrets never reach a build.', {
      example: { NODE_ENV: 'production' },
    }),
    cache: optional(
      z.array(relativePath('the source'), 'expected a list of directories'),
      'Directories inside the source that are kept between builds of the app and left out of the release. What npm, yarn, pnpm and pip download is kept without it.',
      { example: ['.next/cache'] },
    ),
    ignore: optional(
      z.array(filledText('a pattern'), 'expected a list of patterns'),
      'Patterns, as in .gitignore, of what is left out of the copy, besides `.git`, `node_modules` and what `.gitignore` names.',
      { example: ['*.md'] },
    ),
    timeout: optional(duration(), 'For all commands together.', {
      example: '20m',
      default: defaults.build.timeout,
    }),
  },
  mapping,
);

export const release = z.strictObject(
  {
    before: optional(
      commands(),
      'Run once per deploy, from the new release, before any traffic reaches it: migrations. Must leave the data usable by the release that still serves. If it fails, nothing changes.',
      { example: 'node migrate.js' },
    ),
    timeout: optional(duration(), 'For each command of `before`.', {
      example: '15m',
      default: defaults.release.timeout,
    }),
    keep: optional(
      integer(1, 1000),
      'Releases kept for each environment to roll back to, the present one included.',
      {
        example: 10,
        default: defaults.release.keep,
      },
    ),
  },
  mapping,
);
