import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const usual = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Where programs of applications and their builds are looked for: first the directory of the Node that
 * Mainstay itself runs on, so that every build and every instance uses the same one, then the path of who
 * started Mainstay without what npm put there for its scripts, then the usual places.
 */
export function programPath(environment: NodeJS.ProcessEnv): string {
  const given = (environment['PATH'] ?? '').split(delimiter);
  const own = given.filter(
    (entry) => entry.startsWith('/') && !/\/node_modules\/|\/node-gyp-bin$/.test(`${entry}/`),
  );
  return [...new Set([dirname(process.execPath), ...own, ...usual])].join(delimiter);
}

/** What every process of an application gets beside its own variables; nothing else of this environment. */
export function baseEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return {
    PATH: programPath(environment),
    HOME: homedir(),
    LANG: 'C.UTF-8',
    TZ: environment['TZ'] ?? 'UTC',
  };
}

/** The operator's own settings of package managers, so that builds reach the registries that the operator reaches. */
export function packageManagerSettings(environment: NodeJS.ProcessEnv): Record<string, string> {
  return { npm_config_userconfig: environment['npm_config_userconfig'] ?? join(homedir(), '.npmrc') };
}
