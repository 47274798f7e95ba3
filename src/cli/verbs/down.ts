import { environmentFrom } from '../environment-argument.ts';
import { startAndShow } from '../start-operation.ts';
import type { Verb } from '../verb.ts';

export const down: Verb = {
  name: 'down',
  usage: ['ENVIRONMENT'],
  description:
    'Stops every instance and job of the environment and takes it off the ingress. Data, releases, configuration ' +
    'and evidence are kept; a deploy brings it back.',
  options: [],
  examples: [
    { command: 'down staging', does: 'Stop staging over the weekend' },
    { command: 'deploy staging', does: 'Bring it back' },
  ],
  exits: ['failed', 'cancelled', 'incomplete', 'refused', 'detached'],
  json: 'The answer of the call `operation`, once it has ended.',
  words: [1, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const { id } = await environmentFrom(context, args.words[0] ?? '');
    return startAndShow(context, { kind: 'down', environment: id });
  },
};
