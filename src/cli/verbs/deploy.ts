import { Failure } from '../../core/failure.ts';
import { resolveEnvironment } from '../../manifest/resolve-environment.ts';
import { noteAccepted, wasAccepted } from '../accepted-manifest.ts';
import { usage } from '../arguments.ts';
import { environmentFrom } from '../environment-argument.ts';
import {
  findManifestFile,
  type ManifestFile,
  needManifestFile,
  parseManifestFile,
} from '../manifest-file.ts';
import { startAndShow } from '../start-operation.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const deploy: Verb = {
  name: 'deploy',
  usage: ['ENVIRONMENT [--fresh] [--force REASON] [--detach]', 'ENVIRONMENT --release RELEASE [--detach]'],
  description:
    'Builds the source beside mainstay.yaml in a clean copy, starts the new release beside the old one, and switches ' +
    'visitors over once it is healthy and its checks pass. Should anything fail, the old release goes on serving.',
  options: [
    {
      name: 'release',
      value: 'RELEASE',
      summary: 'Deploy this release (r7, or the beginning of its digest) instead of building',
    },
    {
      name: 'fresh',
      summary:
        'Build even when the same source was built before; the checklist learns whether the result is the same',
    },
    { name: 'force', value: 'REASON', summary: 'Go past promote_from; the reason is kept in the evidence' },
    { name: 'detach', short: 'd', summary: 'Do not wait for the end' },
  ],
  examples: [
    { command: 'deploy staging', does: 'Build what is here and bring it to staging' },
    { command: 'deploy staging --release r7', does: 'Bring release 7 back, as it was built' },
    {
      command: 'deploy guestbook/staging --json',
      does: 'Wait for the end, then print the operation as JSON',
    },
    {
      command: 'deploy production --force "hotfix, staging is broken"',
      does: 'Skip the rehearsal, and leave the reason on record',
    },
  ],
  exits: ['failed', 'rolledBack', 'cancelled', 'incomplete', 'refused', 'detached'],
  json: 'The answer of the call `operation`, once it has ended; with --detach, its summary at once.',
  words: [1, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const force = args.value('force') ?? null;
    if (force !== null && force.trim().length < 3) throw usage('mainstay deploy', '--force needs a reason');
    const release = args.value('release') ?? null;
    const fresh = args.flag('fresh');
    if (fresh && release !== null)
      throw usage('mainstay deploy', '--fresh builds and --release does not; take one');
    const request = await deployRequest(context, args.words[0] ?? '', { release, force, fresh });
    const { source } = request;
    const onAccepted =
      source === null ? undefined : () => noteAccepted(context.home(), appOf(request), source.manifestText);
    return startAndShow(context, request, { detach: args.flag('detach'), onAccepted });
  },
};

const appOf = ({ environment }: { readonly environment: string }): string => environment.split('/')[0] ?? '';

interface DeployChoices {
  readonly release: string | null;
  readonly force: string | null;
  readonly fresh: boolean;
}

/** What `deploy` and `plan` ask for. A manifest that is new is judged here first: a typo costs no network and no wait. */
export async function deployRequest(
  context: VerbContext,
  written: string,
  { release, force, fresh }: DeployChoices,
) {
  const { app, environment, id } = await environmentFrom(context, written);
  if (release !== null) return { kind: 'deploy' as const, environment: id, source: null, release, force };
  const file = written.includes('/') ? findManifestFile(context) : needManifestFile(context);
  if (file === undefined) {
    throw new Failure('manifest-not-found', `There is no mainstay.yaml here to build ${id} from.`, {
      hint: 'Go to the source of the app, name its manifest with --file, or deploy a release that exists with --release.',
    });
  }
  if (!wasAccepted(context.home(), app, file.text)) await judgeManifest(file, app, environment);
  const source = { directory: file.directory, manifestFile: file.shown, manifestText: file.text, fresh };
  return { kind: 'deploy' as const, environment: id, source, release: null, force };
}

/** Throws what keeps this manifest from being deployed to the environment. */
async function judgeManifest(file: ManifestFile, app: string, environment: string): Promise<void> {
  const manifest = await parseManifestFile(file);
  if (manifest.app !== app) {
    throw new Failure('usage-invalid', `${file.shown} describes the app ${manifest.app}, not ${app}.`, {
      hint: `Go to the source of ${app}, or name its manifest with --file.`,
    });
  }
  if (resolveEnvironment(manifest, environment) === undefined) {
    const known = manifest.environments.map(({ name }) => name);
    throw new Failure('not-found', `${file.shown} has no environment "${environment}".`, {
      hint: known.length === 0 ? 'Add it under environments.' : `It has: ${known.join(', ')}.`,
    });
  }
}
