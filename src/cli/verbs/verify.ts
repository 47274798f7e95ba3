import { environmentFrom } from '../environment-argument.ts';
import { startAndShow } from '../start-operation.ts';
import type { Verb } from '../verb.ts';

export const verify: Verb = {
  name: 'verify',
  usage: ['ENVIRONMENT'],
  description:
    'Runs every check of the environment against what serves now. Changes nothing; leaves evidence.',
  options: [],
  examples: [
    { command: 'verify production', does: 'Ask every check once' },
    { command: 'verify staging --quiet && mainstay promote production', does: 'Promote only what passes' },
  ],
  exits: ['negative', 'cancelled', 'incomplete', 'detached'],
  json: 'The answer of the call `operation`, once it has ended.',
  words: [1, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const { id } = await environmentFrom(context, args.words[0] ?? '');
    return startAndShow(context, { kind: 'verify', environment: id });
  },
};
