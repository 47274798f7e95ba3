import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { duration, size, urlPath, variableName } from '../scalar-schemas.ts';
import { command, integer, mapping, optional, required, variables } from './keys.ts';

const healthKeys = z.strictObject(
  {
    path: required(urlPath({ query: true }), 'Asked with GET.', { example: '/health' }),
    timeout: optional(duration(), 'How long a new instance may take until it answers well.', {
      example: '2m',
      default: defaults.health.timeout,
    }),
    interval: optional(duration(), 'Between two questions to an instance that serves.', {
      example: '10s',
      default: defaults.health.interval,
    }),
    response_timeout: optional(duration(), 'How long one answer may take.', {
      example: '2s',
      default: defaults.health.responseTimeout,
    }),
    status: optional(integer(100, 599), 'The status of a good answer.', {
      example: 204,
      default: defaults.health.status,
    }),
  },
  mapping,
);

export const limits = z.strictObject(
  {
    memory: optional(
      size(4 * 1024 * 1024),
      'For one instance with its children; beyond it the instance is restarted.',
      {
        example: '256MB',
      },
    ),
    cpu: optional(
      z.number('expected a number of cores').positive().max(1024),
      'Cores for one instance; 0.5 is half of one.',
      { example: 0.5 },
    ),
  },
  mapping,
);

const signals = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGKILL',
] as const;

const restartPolicy = z.enum(['always', 'on-failure', 'never']);

const restartKeys = z.strictObject(
  {
    policy: optional(restartPolicy, 'When an instance that ended is started again.', {
      example: 'on-failure',
      default: defaults.restart.policy,
    }),
    max_delay: optional(duration(), 'The pause before a restart doubles with each failure up to this.', {
      example: '5m',
      default: defaults.restart.maxDelay,
    }),
  },
  mapping,
);

export const service = z.strictObject(
  {
    command: required(
      command(),
      'What starts the service and stays in the foreground. A line of plain words is executed directly, one with variables, pipes or patterns by `sh -c`; a list of words is executed as it is.',
      { example: 'node server.js' },
    ),
    port: optional(
      z.union([z.literal('auto'), integer(1, 65_535)], 'expected "auto" or a port number'),
      'With `auto` each instance gets a free port of the loopback address in the variable that `port_env` names. A number is for an app that can listen nowhere else: its old instance stops before the new one starts, and requests wait in between.',
      { example: 'auto', default: '<`auto` with `routes` or `health`, else no port>' },
    ),
    port_env: optional(variableName(), 'The variable that holds the port.', {
      example: 'HTTP_PORT',
      default: defaults.service.portEnv,
    }),
    routes: optional(
      z.array(urlPath(), 'expected a list of path prefixes'),
      'Path prefixes whose requests go to this service; the longest one that fits wins, and `/shop` fits `/shop` and `/shop/cart` but not `/shopping`. An empty list closes the service to the outside.',
      { example: ['/'], default: '<`["/"]` for the service called web, or else the only one with a port>' },
    ),
    health: optional(
      z.union([urlPath({ query: true }), healthKeys], 'expected a path or a mapping'),
      'Asked of a new instance until it is ready, and of each that serves. A path alone is enough. Without it an instance is ready when it accepts a connection.',
      { example: { path: '/health', timeout: '2m' } },
    ),
    instances: optional(integer(0, 100), 'How many run side by side.', {
      example: 2,
      default: defaults.service.instances,
    }),
    stop: optional(
      z.strictObject(
        {
          signal: optional(z.enum(signals), 'Sent first.', {
            example: 'SIGQUIT',
            default: defaults.stop.signal,
          }),
          grace: optional(
            duration({ zero: true }),
            'From the signal until the process and its children are killed.',
            {
              example: '1m',
              default: defaults.stop.grace,
            },
          ),
        },
        mapping,
      ),
      'How an instance is stopped.',
      { example: { grace: '1m' } },
    ),
    limits: optional(limits, 'What one instance may use; unlimited where left out.', {
      example: { memory: '256MB', cpu: 0.5 },
    }),
    environment: optional(variables(), 'Variables for this service.', { example: { LOG_LEVEL: 'info' } }),
    restart: optional(
      z.union([restartPolicy, restartKeys], 'expected a policy or a mapping'),
      'What happens when an instance ends by itself. The policy alone is enough.',
      { example: { policy: 'on-failure', max_delay: '5m' } },
    ),
  },
  mapping,
);

export type WrittenService = z.infer<typeof service>;
export type WrittenLimits = z.infer<typeof limits>;
