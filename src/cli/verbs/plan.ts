import { exitCodes } from '../exit-codes.ts';
import { planLines } from '../render/plan-view.ts';
import type { Verb } from '../verb.ts';
import { deployRequest } from './deploy.ts';

export const plan: Verb = {
  name: 'plan',
  usage: ['ENVIRONMENT [--release RELEASE]'],
  description:
    'Builds the release and shows the steps that a deploy would take, in order; steps that run side by side are ' +
    'marked along their left. Nothing that runs is touched.',
  options: [{ name: 'release', value: 'RELEASE', summary: 'Plan with this release instead of building' }],
  examples: [
    { command: 'plan production', does: 'What a deploy of what is here would do' },
    { command: 'plan production --release r7 --json', does: 'The stored form of the plan' },
  ],
  exits: ['failed', 'refused'],
  json: 'The answer of the call `plan`.',
  words: [1, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const body = await deployRequest(context, args.words[0] ?? '', {
      release: args.value('release') ?? null,
      force: null,
      fresh: false,
    });
    if (context.out.isTerminal) context.note(context.err.style.dim('Building and planning.'));
    const answer = await context.control().call('plan', { body }, context.interrupted());
    const { out } = context;
    if (context.globals.json) context.json(answer);
    else {
      out.lines(planLines(answer, { style: out.style, width: out.width() }));
      out.line();
      out.line(`Do it: ${context.command(`deploy ${args.words[0] ?? ''}`)}`);
    }
    return exitCodes.ok.code;
  },
};
