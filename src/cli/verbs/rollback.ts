import { environmentFrom } from '../environment-argument.ts';
import { startAndShow } from '../start-operation.ts';
import type { Verb } from '../verb.ts';

export const rollback: Verb = {
  name: 'rollback',
  usage: ['ENVIRONMENT [RELEASE] [--detach]'],
  description:
    'Brings an earlier release back, as it was built, the way a deploy brings a new one: started beside, checked, ' +
    'switched. Its release.before does not run again, and data stays as it is.',
  options: [{ name: 'detach', short: 'd', summary: 'Do not wait for the end' }],
  examples: [
    { command: 'rollback production', does: 'Back to the release before the current one' },
    { command: 'rollback production r5', does: 'Back to release 5; releases lists them' },
  ],
  exits: ['failed', 'rolledBack', 'cancelled', 'incomplete', 'refused', 'detached'],
  json: 'The answer of the call `operation`, once it has ended; with --detach, its summary at once.',
  words: [1, 2],
  completes: ['environment'],
  run: async (context, args) => {
    const [written = '', release = null] = args.words;
    const { id } = await environmentFrom(context, written);
    return startAndShow(
      context,
      { kind: 'rollback', environment: id, release },
      { detach: args.flag('detach') },
    );
  },
};
