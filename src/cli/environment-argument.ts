import { Failure } from '../core/failure.ts';
import { appNameOf, findManifestFile } from './manifest-file.ts';
import type { VerbContext } from './verb.ts';

export interface EnvironmentName {
  readonly app: string;
  readonly environment: string;
  /** `app/environment` */
  readonly id: string;
}

const word = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Which environment is meant: `app/staging` says all; of `staging` the app comes from `--app`, or from the
 * manifest here, or is the only app that has an environment of this name. Throws `usage-invalid` or `not-found`.
 */
export async function environmentFrom(context: VerbContext, written: string): Promise<EnvironmentName> {
  const parts = written.split('/');
  if (parts.length > 2 || parts.some((part) => !word.test(part))) {
    throw new Failure('usage-invalid', `"${written}" is not the name of an environment.`, {
      hint: 'Write it as staging, or as guestbook/staging.',
    });
  }
  const [first = '', second] = parts;
  if (second !== undefined) return named(first, second);
  const app = await appHere(context);
  if (app !== undefined) return named(app, first);
  return onlyOneCalled(context, first);
}

/** The app that `--app` or the manifest here names; undefined without either. */
export async function appHere(context: VerbContext): Promise<string | undefined> {
  const { app } = context.globals;
  if (app !== undefined) {
    if (word.test(app)) return app;
    throw new Failure('usage-invalid', `--app ${app} is not the name of an app.`);
  }
  const file = findManifestFile(context);
  return file === undefined ? undefined : appNameOf(file);
}

/** As `appHere`, else the only app known here. Throws `usage-invalid` when there are several, or none. */
export async function needApp(context: VerbContext): Promise<string> {
  const app = await appHere(context);
  if (app !== undefined) return app;
  const { environments } = await context.control().call('status', {});
  const apps = [...new Set(environments.map(({ id }) => id.split('/')[0] ?? ''))];
  const [only] = apps;
  if (only !== undefined && apps.length === 1) return only;
  throw new Failure('usage-invalid', 'Which app? There is no mainstay.yaml here.', {
    hint: apps.length === 0 ? 'No app was deployed here yet.' : `Say it with --app: ${apps.join(', ')}.`,
  });
}

async function onlyOneCalled(context: VerbContext, environment: string): Promise<EnvironmentName> {
  const { environments } = await context.control().call('status', {});
  const found = environments.map(({ id }) => id).filter((id) => id.endsWith(`/${environment}`));
  const [only] = found;
  if (only !== undefined && found.length === 1) return named(only.split('/')[0] ?? '', environment);
  if (found.length > 1) {
    throw new Failure('usage-invalid', `Several apps have an environment "${environment}".`, {
      hint: `Say which: ${found.join(', ')}.`,
    });
  }
  throw new Failure(
    'not-found',
    `No app known here has an environment "${environment}", and there is no mainstay.yaml here.`,
    {
      hint: `See what is there: ${context.command('status')}`,
    },
  );
}

function named(app: string, environment: string): EnvironmentName {
  return { app, environment, id: `${app}/${environment}` };
}
