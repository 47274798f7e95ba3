import { usage } from '../arguments.ts';
import { environmentFrom } from '../environment-argument.ts';
import { startAndShow } from '../start-operation.ts';
import type { Verb } from '../verb.ts';

export const promote: Verb = {
  name: 'promote',
  usage: ['ENVIRONMENT [--from ENVIRONMENT] [--force REASON] [--detach]'],
  description:
    'Deploys the release that serves in the environment before (promote_from in mainstay.yaml): the very bytes that ' +
    'were verified there, not a new build. A release that was not verified there is refused.',
  options: [
    { name: 'from', value: 'ENVIRONMENT', summary: 'Take the release from here instead of promote_from' },
    {
      name: 'force',
      value: 'REASON',
      summary: 'Promote without verification; the reason is kept in the evidence',
    },
    { name: 'detach', short: 'd', summary: 'Do not wait for the end' },
  ],
  examples: [
    { command: 'promote production', does: 'Bring what staging verified to production' },
    { command: 'promote production --from canary', does: 'Take it from another environment' },
    {
      command: 'promote production --yes --json',
      does: 'In a script: wait, then print the operation as JSON',
    },
  ],
  exits: ['failed', 'rolledBack', 'cancelled', 'incomplete', 'refused', 'detached'],
  json: 'The answer of the call `operation`, once it has ended; with --detach, its summary at once.',
  words: [1, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const { id } = await environmentFrom(context, args.words[0] ?? '');
    const force = args.value('force') ?? null;
    if (force !== null && force.trim().length < 3) throw usage('mainstay promote', '--force needs a reason');
    const from = args.value('from')?.split('/').at(-1) ?? null;
    return startAndShow(
      context,
      { kind: 'promote', environment: id, from, force },
      { detach: args.flag('detach') },
    );
  },
};
