import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Ways in which a release is bad. Each shows itself in a step of its own. */
export const faults = [
  'failing-migration',
  'command-not-found',
  'exits-at-once',
  'never-listens',
  'wrong-port',
  'never-healthy',
  'failing-private-check',
  'failing-public-check',
  'dies-in-watch',
  'errors-in-watch',
] as const;

/** Ways in which a release is a nuisance, and yet good. */
export type Quirk = 'ignores-stop' | 'forks' | 'endless-migration';
export type Fault = (typeof faults)[number];

export interface ApplicationWish {
  readonly app: string;
  /** Told by every page; another version makes another release. */
  readonly version: string;
  readonly fault?: Fault | Quirk | null;
  readonly web?: Readonly<Record<string, unknown>>;
  readonly production?: Readonly<Record<string, unknown>>;
  /** Over the top of the manifest, key by key. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Writes the source of the application as its author would have it lie there; what lay there goes. */
export async function writeApplication(directory: string, wish: ApplicationWish): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await cp(join(import.meta.dirname, 'application'), directory, { recursive: true });
  const { version, fault = null } = wish;
  await writeFile(join(directory, 'variant.json'), `${JSON.stringify({ version, fault })}\n`);
  await writeFile(join(directory, 'mainstay.yaml'), stringify(manifestOf(wish)));
}

/** Domain of an environment of the application. */
export function domainOf(app: string, environment: string): string {
  return `${environment}.${app}.localhost`;
}

function manifestOf({ app, fault, web, production, manifest }: ApplicationWish) {
  const environment = (name: string) => ({ domain: domainOf(app, name) });
  const live = { live: environment('live') };
  const rehearsed = {
    staging: environment('staging'),
    production: { ...environment('production'), promote_from: 'staging', ...production },
  };
  return {
    app,
    services: {
      web: {
        command: fault === 'command-not-found' ? 'no-such-program --serve' : 'node server.js',
        health: { path: '/health', timeout: '1500ms', interval: '200ms' },
        stop: { grace: '2s' },
        restart: { policy: 'always', max_delay: '2s' },
        ...web,
      },
    },
    release: { before: 'node migrate.js', keep: 4 },
    data: { files: { type: 'files', path: 'files', env: 'FILES_DIR' } },
    checks: {
      self: { http: { path: '/self-check', contains: 'all well' }, when: ['private'] },
      visit: { http: { path: '/visit' }, when: ['public'] },
    },
    deploy: { watch: '300ms', drain: '3s', hold: '8s' },
    // One fixed port cannot be held by several environments of one host.
    environments: typeof web?.['port'] === 'number' ? live : { ...live, ...rehearsed },
    ...manifest,
  };
}
