import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { absolutePath, domain, duration, name, percentage, variableName } from '../scalar-schemas.ts';
import { integer, mapping, optional, required, variables } from './keys.ts';
import { limits } from './service-schema.ts';

export const deploy = z.strictObject(
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

export const environment = z.strictObject(
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
      'Variables for every process there, over `configuration` at the top and over what services and jobs set themselves. No secrets: the file is stored with each release.',
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

export type WrittenEnvironment = z.infer<typeof environment>;
export type WrittenDeploy = z.infer<typeof deploy>;
