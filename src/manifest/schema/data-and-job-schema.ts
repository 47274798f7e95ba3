import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { duration, relativePath, schedule, timezone, variableName } from '../scalar-schemas.ts';
import { command, mapping, optional, required, variables } from './keys.ts';

export const data = z.strictObject(
  {
    type: required(z.enum(['sqlite', 'files']), '`sqlite`: one database file. `files`: a directory.', {
      example: 'sqlite',
    }),
    path: required(
      relativePath('the data directory of the environment'),
      'Inside the data directory of the environment, which outlives every release.',
      { example: 'guestbook.db' },
    ),
    env: required(variableName(), 'The variable that gives the app the absolute path.', {
      example: 'DATABASE_FILE',
    }),
  },
  mapping,
);

export const job = z.strictObject(
  {
    command: required(command(), 'Run from the present release, with its configuration and data.', {
      example: 'node digest.js',
    }),
    schedule: optional(
      schedule(),
      'Minute, hour, day of the month, month, day of the week. Without it the job is run by hand: `mainstay run`.',
      { example: '0 7 * * *' },
    ),
    timezone: optional(timezone(), 'An IANA name; the schedule is read by the clock of that place.', {
      example: 'Europe/Berlin',
      default: defaults.job.timezone,
    }),
    timeout: optional(duration(), 'After it the job is stopped and counts as failed.', {
      example: '10m',
      default: defaults.job.timeout,
    }),
    environment: optional(variables(), 'Variables for this job.', { example: { BATCH_SIZE: '100' } }),
  },
  mapping,
);
