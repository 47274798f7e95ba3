import { usage } from '../arguments.ts';
import { environmentFrom } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verb.ts';

export const maintenance: Verb = {
  name: 'maintenance',
  usage: ['ENVIRONMENT on [--message TEXT]', 'ENVIRONMENT off'],
  description:
    'Shows visitors a maintenance page instead of the application, or takes it away. The application goes on ' +
    'running, and its health URL is still answered, so nothing outside takes it for dead.',
  options: [{ name: 'message', short: 'm', value: 'TEXT', summary: 'What the page says' }],
  examples: [
    { command: 'maintenance production on -m "Back at nine."', does: 'Show the page' },
    { command: 'maintenance production off', does: 'Take it away' },
  ],
  exits: ['refused'],
  json: 'The answer of the call `maintenance`.',
  words: [2, 2],
  completes: ['environment', { oneOf: ['on', 'off'] }],
  run: async (context, args) => {
    const [first = '', second = ''] = args.words;
    const [written, state] = first === 'on' || first === 'off' ? [second, first] : [first, second];
    if (state !== 'on' && state !== 'off')
      throw usage('mainstay maintenance', `"${state}" is neither on nor off`);
    const { app, environment } = await environmentFrom(context, written);
    const message = state === 'on' ? (args.value('message') ?? 'We will be back soon.') : null;
    const answer = await context
      .control()
      .call('maintenance', { params: { app, environment }, body: { message } });
    if (context.globals.json) context.json(answer);
    else {
      const what = answer.maintenance ? 'shows visitors a maintenance page' : 'serves its visitors again';
      context.out.line(`${answer.id} ${what}: ${answer.urls.join(' ')}`);
    }
    return exitCodes.ok.code;
  },
};
