import { z } from 'zod';
import { defaults } from './defaults.ts';
import {
  absolutePath,
  domain,
  duration,
  filledText,
  freeText,
  name,
  percentage,
  relativePath,
  schedule,
  size,
  timezone,
  urlPath,
  variableName,
} from './scalar-schemas.ts';

/**
 * `mainstay.yaml` as it is written. From here come the checks of `parseManifest`, the reference page and
 * the JSON Schema, so every key has a description and an example. Rules that join several keys are in `rules/`.
 */

interface KeyNotes {
  readonly example: unknown;
  /** What holds when the key is left out; a sentence in angle brackets where it depends on other keys. */
  readonly default?: unknown;
}

function required<S extends z.ZodType>(schema: S, description: string, notes: KeyNotes) {
  return schema.meta({ ...z.globalRegistry.get(schema), description, examples: [notes.example] });
}

function optional<S extends z.ZodType>(schema: S, description: string, notes: KeyNotes) {
  const { default: fallback } = notes;
  return schema.optional().meta({
    ...z.globalRegistry.get(schema),
    description,
    examples: [notes.example],
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}

const mapping = 'expected a mapping';
const integer = (min: number, max: number) => z.int('expected a whole number').min(min).max(max);

const command = () =>
  z.union(
    [filledText('a command'), z.array(freeText('a word'), 'expected a command').min(1)],
    'expected a command: a line of text, or a list of words',
  );
const commands = () =>
  z.union(
    [filledText('a command'), z.array(command(), 'expected a list of commands')],
    'expected a command or a list of commands',
  );
const variables = () =>
  z.record(variableName(), freeText('text'), 'expected a mapping of variables to values');

const build = z.strictObject(
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
      'Directories inside the source that are kept between builds of the app, and left out of the release unless they were part of the source.',
      { example: ['.npm'] },
    ),
    ignore: optional(
      z.array(filledText('a pattern'), 'expected a list of patterns'),
      'Patterns, as in .gitignore, of files left out of the release, beyond `.git`, `node_modules` and what `.gitignore` names.',
      { example: ['*.md'] },
    ),
    timeout: optional(duration(), 'For all commands together.', {
      example: '20m',
      default: defaults.build.timeout,
    }),
  },
  mapping,
);

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

const limits = z.strictObject(
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

const service = z.strictObject(
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

const release = z.strictObject(
  {
    before: optional(
      commands(),
      'Run once per deploy, from the new release, before any traffic reaches it: migrations. Must leave the data usable by the release that still serves. If it fails, nothing changes.',
      { example: 'node migrate.js' },
    ),
    timeout: optional(duration(), 'For all of `before` together.', {
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

const data = z.strictObject(
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

const job = z.strictObject(
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

const check = z.strictObject(
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

const deploy = z.strictObject(
  {
    watch: optional(
      duration({ zero: true }),
      'How long the new release is compared with the old one after the switch; `0s` for not at all.',
      { example: '1m', default: defaults.deploy.watch },
    ),
    drain: optional(
      duration({ zero: true }),
      'How long requests and WebSockets of the old release may take to finish before they are cut.',
      { example: '2m', default: defaults.deploy.drain },
    ),
    hold: optional(
      duration({ zero: true }),
      'How long a request waits when no instance can take it, before it fails.',
      {
        example: '30s',
        default: defaults.deploy.hold,
      },
    ),
    max_error_rate: optional(
      percentage(),
      'The share of failed answers, above that of the old release, from which the deploy switches back.',
      { example: '0.5%', default: defaults.deploy.maxErrorRate },
    ),
    max_latency_factor: optional(
      z.number('expected a number').min(1).max(1000),
      'How many times slower than the old release the new one may be.',
      { example: 2, default: defaults.deploy.maxLatencyFactor },
    ),
  },
  mapping,
);

const tls = z.union(
  [
    z.enum(['off', 'local']),
    z.strictObject(
      {
        certificate: required(absolutePath(), 'PEM file with the certificate and its chain, on the host.', {
          example: '/etc/ssl/shop.pem',
        }),
        key: required(absolutePath(), 'PEM file with the private key, on the host.', {
          example: '/etc/ssl/shop.key',
        }),
      },
      mapping,
    ),
  ],
  'expected "off", "local", or a mapping with certificate and key',
);

const environment = z.strictObject(
  {
    domain: optional(
      domain(),
      'The host name under which the app answers. Needed when a service has routes.',
      {
        example: 'guestbook.example.com',
      },
    ),
    domains: optional(
      z.array(domain(), 'expected a list of domains').min(1),
      'Several host names, instead of `domain`.',
      {
        example: ['guestbook.example.com', 'www.guestbook.example.com'],
      },
    ),
    strategy: optional(
      z.enum(['manual', 'process', 'container', 'swarm', 'kubernetes']),
      'How the app runs there. This version deploys `process`: plain processes on a host.',
      { example: 'process', default: defaults.environment.strategy },
    ),
    hosts: optional(
      z.array(name('a host')).min(1),
      'The machines. This version deploys to `local`, the one it runs on.',
      { example: ['local'], default: defaults.environment.hosts },
    ),
    tls: optional(
      tls,
      '`off`: plain HTTP. `local`: a certificate of a local authority that is made on first use. A mapping: PEM files.',
      { example: 'local', default: defaults.environment.tls },
    ),
    configuration: optional(
      variables(),
      'Variables for all services, jobs and checks there, over those that they set themselves. No secrets: the file is stored with each release.',
      { example: { GREETING: 'Hello from staging' } },
    ),
    secrets: optional(
      z.array(variableName(), 'expected a list of names'),
      'Names of variables whose values are set with `mainstay secret set` and must be there before a deploy.',
      { example: ['SESSION_KEY'] },
    ),
    instances: optional(
      z.record(name('a service'), integer(0, 100), 'expected a mapping of services to numbers'),
      'Instances of a service there, instead of its own number.',
      { example: { web: 1 } },
    ),
    limits: optional(
      z.record(name('a service'), limits, 'expected a mapping of services to limits'),
      'Limits of a service there, key by key over its own.',
      { example: { web: { memory: '128MB' } } },
    ),
    deploy: optional(deploy, 'Like `deploy` at the top, key by key over it.', { example: { watch: '3s' } }),
    promote_from: optional(
      name('an environment'),
      'Takes only releases that were verified in that environment.',
      { example: 'staging' },
    ),
  },
  mapping,
);

const named = <S extends z.ZodType>(thing: string, plural: string, schema: S) =>
  z.record(name(thing), schema, `expected a mapping of names to ${plural}`);

export const manifestSchema = z
  .strictObject(
    {
      app: required(name('an app'), 'The name of the app, unique on a control plane.', {
        example: 'guestbook',
      }),
      build: optional(build, 'How the source becomes a release. It is built once and promoted as it is.', {
        example: { commands: ['npm ci --omit=dev'] },
      }),
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
export type WrittenService = z.infer<typeof service>;
export type WrittenCheck = z.infer<typeof check>;
export type WrittenDeploy = z.infer<typeof deploy>;
export type WrittenEnvironment = z.infer<typeof environment>;
export type WrittenLimits = z.infer<typeof limits>;
