import { join } from 'node:path';
import { sourceTime } from '../source/copy-source.ts';

/** Where one app is built. Builds of an app run one after the other, so the paths are the same each time. */
export interface BuildPlaces {
  /** Emptied before each build. */
  readonly work: string;
  readonly home: string;
  readonly temporary: string;
  readonly records: string;
  readonly lock: string;
  /** What package managers keep between builds. */
  readonly toolCache: string;
  /** What the manifest's `build.cache` names. */
  readonly keptCache: string;
}

export function buildPlaces(builds: string, cache: string, app: string): BuildPlaces {
  return {
    work: join(builds, app, 'work'),
    home: join(builds, app, 'work', 'home'),
    temporary: join(builds, app, 'work', 'tmp'),
    records: join(builds, app, 'records'),
    lock: join(builds, app, 'lock'),
    toolCache: join(cache, app, 'tools'),
    keptCache: join(cache, app, 'kept'),
  };
}

/** What a build needs of the machine to reach package registries; none of it is meant to be secret. */
const passedOn = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'npm_config_registry',
  'PIP_INDEX_URL',
  'PIP_CERT',
];

/** The few variables of Mainstay's own environment that a build may see; the composition root hands them over. */
export function networkVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    passedOn.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

/**
 * The whole environment of a build command: the same for every build, so that the result does not depend on who
 * started Mainstay, and without anything that Mainstay or an environment of the app keeps secret.
 */
export function buildEnvironment(
  places: BuildPlaces,
  path: string,
  machine: Readonly<Record<string, string>>,
  manifest: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...machine,
    PATH: path,
    TMPDIR: places.temporary,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    CI: '1',
    SOURCE_DATE_EPOCH: String(sourceTime),
    PYTHONHASHSEED: '0',
    XDG_CACHE_HOME: places.toolCache,
    XDG_DATA_HOME: join(places.toolCache, 'data'),
    npm_config_cache: join(places.toolCache, 'npm'),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    YARN_CACHE_FOLDER: join(places.toolCache, 'yarn'),
    PIP_CACHE_DIR: join(places.toolCache, 'pip'),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    ...manifest,
    // Processes of a build are found by it.
    HOME: places.home,
  };
}
