import { exitCodes } from '../exit-codes.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const status: Verb = {
  name: 'status',
  usage: ['[ENVIRONMENT]'],
  description:
    'All environments at a glance, or one with its instances, jobs and data. `--app` narrows the list.',
  options: [],
  examples: [
    { command: 'status', does: 'Everything that runs here' },
    { command: 'status production', does: 'One environment: instances, memory, restarts, jobs, data' },
    { command: 'status --json', does: 'The same for a program' },
  ],
  exits: [],
  json: 'The answer of the call `status`; with an environment, of `environment`.',
  words: [0, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const [written] = args.words;
    return written === undefined ? showAll(context) : showOne(context, written);
  },
};

async function showAll(context: VerbContext): Promise<number> {
  const { app } = context.globals;
  const [answer, { statusLines }] = await Promise.all([
    context.control().call('status', { query: app === undefined ? {} : { app } }),
    // What shows the answer is loaded while the answer is on its way.
    import('../render/status-lines.ts'),
  ]);
  if (context.globals.json) context.json(answer);
  else if (answer.environments.length === 0) {
    context.out.line('Nothing was deployed here yet.');
    context.out.line(
      `In the directory of an app: ${context.command('init')}, then ${context.command('deploy staging')}`,
    );
  } else context.out.lines(statusLines(answer, viewOf(context)));
  return exitCodes.ok.code;
}

async function showOne(context: VerbContext, written: string): Promise<number> {
  const { environmentFrom } = await import('../environment-argument.ts');
  const { app, environment } = await environmentFrom(context, written);
  const answer = await context.control().call('environment', { params: { app, environment } });
  if (context.globals.json) context.json(answer);
  else {
    const { environmentLines } = await import('../render/environment-lines.ts');
    context.out.lines(environmentLines(answer, viewOf(context)));
  }
  return exitCodes.ok.code;
}

function viewOf({ out, roles }: VerbContext) {
  return { style: out.style, width: out.width(), now: roles.clock.now() };
}
