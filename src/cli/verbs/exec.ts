import { remoteExec } from '../../client/remote-exec.ts';
import { usage } from '../arguments.ts';
import { drained } from '../cli-io.ts';
import { environmentFrom } from '../environment-argument.ts';
import type { Verb } from '../verb.ts';

export const exec: Verb = {
  name: 'exec',
  usage: ['ENVIRONMENT [--service SERVICE] -- COMMAND [ARGUMENT…]'],
  description:
    'Runs a command beside a live instance, in its directory and with its variables, secrets and data; standard ' +
    'input, output and error are those of this terminal. It ends when the terminal goes away; for work that must not, use run.',
  options: [{ name: 'service', short: 's', value: 'SERVICE', summary: 'Beside an instance of this service' }],
  examples: [
    { command: 'exec production -- node --version', does: 'Which Node the application runs on' },
    { command: 'exec staging -- sqlite3 guestbook.db .tables', does: 'Look into the data' },
    { command: 'exec staging -s worker -- sh -c "env | sort" > env.txt', does: 'Keep what it prints' },
  ],
  exits: ['refused', 'detached'],
  words: [1, 1],
  takesRest: true,
  completes: ['environment'],
  run: async (context, args) => {
    const argv = args.rest ?? [];
    if (argv.length === 0) throw usage('mainstay exec', 'the command stands after --');
    const { app, environment } = await environmentFrom(context, args.words[0] ?? '');
    const { stdin, stdout, stderr } = context.io;
    const service = args.value('service');
    const onOutput = async (stream: 'out' | 'err', bytes: Buffer): Promise<void> => {
      const output = stream === 'out' ? stdout : stderr;
      if (!output.write(bytes)) await drained(output);
    };
    const request = { app, environment, service, argv, input: stdin, onOutput };
    try {
      return await remoteExec(context.control(), request, context.interrupted());
    } finally {
      stdin.destroy?.();
    }
  },
};
