import { Failure } from '../../core/failure.ts';
import { environmentFrom } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { differenceLines } from '../render/difference-lines.ts';
import type { Verb } from '../verb.ts';

export const compare: Verb = {
  name: 'compare',
  usage: ['ENVIRONMENT ENVIRONMENT'],
  description:
    'What makes the first environment a poorer rehearsal for the second: configuration keys, limits, instance ' +
    'counts, runtime versions, age of the data. Values of secrets are never compared nor shown.',
  options: [],
  examples: [
    { command: 'compare staging production', does: 'What staging would not have told you' },
    {
      command: 'compare staging production --quiet || echo "they differ"',
      does: 'In a script: exit code 7 when a difference matters much',
    },
  ],
  exits: ['negative'],
  json: 'The answer of the call `compare`.',
  words: [2, 2],
  completes: ['environment', 'environment'],
  run: async (context, args) => {
    const left = await environmentFrom(context, args.words[0] ?? '');
    const right = await environmentFrom(context, args.words[1] ?? '');
    if (left.app !== right.app) {
      throw new Failure('usage-invalid', `${left.id} and ${right.id} belong to different apps.`);
    }
    const query = { left: left.environment, right: right.environment };
    const answer = await context.control().call('compare', { params: { app: left.app }, query });
    const { out, globals } = context;
    if (globals.json) context.json(answer);
    else if (!globals.quiet) {
      out.lines(differenceLines(answer.differences, query, { style: out.style, width: out.width() }));
    }
    return answer.differences.some(({ severity }) => severity === 'high')
      ? exitCodes.negative.code
      : exitCodes.ok.code;
  },
};
