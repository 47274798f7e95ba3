import { usage } from '../arguments.ts';
import { environmentFrom } from '../environment-argument.ts';
import { startAndShow } from '../start-operation.ts';
import type { Verb } from '../verb.ts';

export const run: Verb = {
  name: 'run',
  usage: ['ENVIRONMENT JOB', 'ENVIRONMENT -- COMMAND [ARGUMENT…]'],
  description:
    'Runs a job of the manifest now, or any command, as a task of its own in the current release, with the ' +
    'configuration, secrets and data of the environment. It goes on when the terminal goes away.',
  options: [{ name: 'detach', short: 'd', summary: 'Do not wait for the end' }],
  examples: [
    { command: 'run production digest', does: 'Run the job digest now, whatever its schedule says' },
    { command: 'run staging -- node migrate.js --check', does: 'Run a command in the release that serves' },
    { command: "run staging -- 'ls -la | head'", does: 'One word after -- is a line for the shell' },
  ],
  exits: ['failed', 'cancelled', 'incomplete', 'refused', 'detached'],
  json: 'The answer of the call `operation`, once it has ended; with --detach, its summary at once.',
  words: [1, 2],
  takesRest: true,
  completes: ['environment'],
  run: async (context, args) => {
    const [written = '', job = null] = args.words;
    const { rest } = args;
    if ((job === null) === (rest === null || rest.length === 0)) {
      throw usage('mainstay run', 'give either the name of a job, or a command after --');
    }
    const { id } = await environmentFrom(context, written);
    const command = rest === null ? { argv: null, command: null } : commandAfterDashes(rest);
    return startAndShow(
      context,
      { kind: 'run', environment: id, job, ...command },
      { detach: args.flag('detach') },
    );
  },
};

/** A single word is a line for the shell; several are a program with its arguments, exactly as they were typed. */
export function commandAfterDashes(words: readonly string[]): {
  readonly argv: string[] | null;
  readonly command: string | null;
} {
  const [only = ''] = words;
  return words.length === 1 ? { argv: null, command: only } : { argv: [...words], command: null };
}
