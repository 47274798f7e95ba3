import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { duration, filledText, urlPath } from '../scalar-schemas.ts';
import { command, integer, mapping, optional, required } from './keys.ts';

export const check = z.strictObject(
  {
    http: optional(
      z.strictObject(
        {
          path: required(
            urlPath({ query: true }),
            'Asked with GET; its prefix decides which service answers.',
            {
              example: '/',
            },
          ),
          status: optional(integer(100, 599), 'The status that passes. Redirects are not followed.', {
            example: 200,
            default: defaults.check.httpStatus,
          }),
          contains: optional(filledText(), 'Text that the answer must hold.', { example: 'Guestbook' }),
        },
        mapping,
      ),
      'A request that must be answered so. A check has either this or `command`.',
      { example: { path: '/', contains: 'Guestbook' } },
    ),
    command: optional(command(), 'Run from the release that is checked; passes with exit status 0.', {
      example: 'node check.js',
    }),
    when: optional(
      z.array(z.enum(['private', 'public']), 'expected a list').min(1),
      '`private`: on the new instances before the switch. `public`: through the domain after it.',
      { example: ['private'], default: '<`[private, public]` for `http`, `[private]` for `command`>' },
    ),
    timeout: optional(duration(), 'Without a pass by then the check has failed.', {
      example: '5s',
      default: defaults.check.timeout,
    }),
  },
  mapping,
);

export type WrittenCheck = z.infer<typeof check>;
