import type { Bytes, Millis } from '../core/units.ts';

/**
 * `mainstay.yaml`, validated, with every default filled in. Plain JSON: it is stored with each release.
 * Things with names are lists in the order of the file; names are unique within their list.
 */
export interface Manifest {
  readonly app: string;
  readonly build: Build;
  /** For every process in every environment; what a service, a job or an environment sets itself wins. */
  readonly configuration: Variables;
  readonly services: readonly Service[];
  readonly release: ReleasePolicy;
  readonly data: readonly Data[];
  readonly jobs: readonly Job[];
  readonly checks: readonly Check[];
  readonly deploy: DeployPolicy;
  readonly environments: readonly Environment[];
}

/** `argv` is executed as it is; `shell` goes whole, as one argument, to `sh -c`. */
export type Command =
  | { readonly kind: 'argv'; readonly argv: readonly string[] }
  | { readonly kind: 'shell'; readonly line: string };

/** Variable names and values as a process receives them. */
export type Variables = Readonly<Record<string, string>>;

export interface Build {
  /** Run in order, in a clean copy of the source. */
  readonly commands: readonly Command[];
  readonly environment: Variables;
  /** Directories, relative to the source, kept between builds of the app. */
  readonly cache: readonly string[];
  /** Patterns, in the syntax of .gitignore, left out of the copy beyond what is always left out. */
  readonly ignore: readonly string[];
  /** For all commands together. */
  readonly timeout: Millis;
}

export interface Service {
  readonly name: string;
  readonly command: Command;
  readonly port: ServicePort;
  /** Path prefixes without a trailing slash (except `/` itself); empty for a service that nobody reaches from outside. */
  readonly routes: readonly string[];
  /** Null: an instance with a port is ready when it accepts a connection, one without when it has started. */
  readonly health: Health | null;
  readonly instances: number;
  readonly stop: StopPolicy;
  readonly limits: Limits;
  readonly environment: Variables;
  readonly restart: RestartPolicy;
}

/**
 * `auto`: a free loopback port is chosen for each instance and passed in the variable `env`.
 * `fixed`: the app listens on this port only, so the old instance must stop before the new one starts.
 */
export type ServicePort =
  | { readonly kind: 'none' }
  | { readonly kind: 'auto'; readonly env: string }
  | { readonly kind: 'fixed'; readonly port: number; readonly env: string };

export interface Health {
  readonly path: string;
  /** From the start of an instance until it must have answered with `status`. */
  readonly timeout: Millis;
  /** Between two polls once it serves. */
  readonly interval: Millis;
  /** For one answer. */
  readonly responseTimeout: Millis;
  readonly status: number;
}

export type StopSignal =
  | 'SIGTERM'
  | 'SIGINT'
  | 'SIGQUIT'
  | 'SIGHUP'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'SIGWINCH'
  | 'SIGKILL';

export interface StopPolicy {
  readonly signal: StopSignal;
  /** From the signal until the whole process tree is killed. */
  readonly grace: Millis;
}

/** For each instance; null is no limit. */
export interface Limits {
  readonly memory: Bytes | null;
  /** In cores: 0.5 is half of one. */
  readonly cpu: number | null;
}

export interface RestartPolicy {
  readonly policy: 'always' | 'on-failure' | 'never';
  /** The longest pause between two restarts of an instance that keeps failing. */
  readonly maxDelay: Millis;
}

export interface ReleasePolicy {
  /** Run in order, once per deploy, from the new release, before any traffic. */
  readonly before: readonly Command[];
  /** For each command of `before`. */
  readonly timeout: Millis;
  /** Releases kept for an environment, the one that serves included. */
  readonly keep: number;
}

export interface Data {
  readonly name: string;
  readonly type: 'sqlite' | 'files';
  /** Relative to the data directory of the environment; never leaves it, never overlaps another. */
  readonly path: string;
  /** The variable that holds the absolute path. */
  readonly env: string;
}

export interface Job {
  readonly name: string;
  readonly command: Command;
  /** Five cron fields; null: run by hand only. */
  readonly schedule: string | null;
  /** IANA name by which the schedule is read. */
  readonly timezone: string;
  readonly timeout: Millis;
  readonly environment: Variables;
}

/** `private`: on the new instances before the switch; `public`: through the ingress after it. */
export type CheckMoment = 'private' | 'public';

export interface Check {
  readonly name: string;
  readonly probe: CheckProbe;
  readonly when: readonly CheckMoment[];
  readonly timeout: Millis;
}

export type CheckProbe =
  | {
      readonly kind: 'http';
      readonly path: string;
      readonly status: number;
      /** Text that the body must hold. */
      readonly contains: string | null;
    }
  | { readonly kind: 'command'; readonly command: Command };

export interface DeployPolicy {
  /** After the switch: how long the new release is compared with the old one. */
  readonly watch: Millis;
  /** How long requests and WebSockets of the old release may take to finish. */
  readonly drain: Millis;
  /** How long a request waits while nothing can take it. */
  readonly hold: Millis;
  /** Between 0 and 1: the share of failed answers above what the old release had. */
  readonly maxErrorRate: number;
  /** By how much latency may grow against the old release. */
  readonly maxLatencyFactor: number;
}

export type Strategy = 'manual' | 'process' | 'container' | 'swarm' | 'kubernetes';

export type Tls =
  | { readonly mode: 'off' }
  | { readonly mode: 'local' }
  /** Absolute paths of PEM files on the host. */
  | { readonly mode: 'files'; readonly certificate: string; readonly key: string };

/** As written; `resolveEnvironment` merges it with the rest of the manifest. */
export interface Environment {
  readonly name: string;
  /** Lower-case host names without port. */
  readonly domains: readonly string[];
  readonly strategy: Strategy;
  readonly hosts: readonly string[];
  readonly tls: Tls;
  /** Reaches every service, job and check, over what these set themselves. */
  readonly configuration: Variables;
  /** Names of secrets that must be set before a deploy. */
  readonly secrets: readonly string[];
  readonly overrides: readonly ServiceOverride[];
  readonly deploy: Partial<DeployPolicy>;
  /** The environment whose verified releases this one takes. */
  readonly promoteFrom: string | null;
}

/** What an environment changes of a service. */
export interface ServiceOverride {
  readonly service: string;
  readonly instances?: number;
  readonly limits?: Partial<Limits>;
}
