import { readLogLines } from '../../client/log-lines.ts';
import { usage } from '../arguments.ts';
import { drained } from '../cli-io.ts';
import { environmentFrom } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { Interrupted } from '../interrupted.ts';
import { logLine } from '../render/log-line.ts';
import type { Verb } from '../verb.ts';

export const logs: Verb = {
  name: 'logs',
  usage: ['ENVIRONMENT [SERVICE] [-f] [-n LINES] [--instance ID]'],
  description:
    'What instances, jobs and tasks print, oldest first. Values of secrets are redacted before they are written. ' +
    'On a terminal each line says when and from where; elsewhere it is the line alone.',
  options: [
    { name: 'follow', short: 'f', summary: 'Go on with new lines until Ctrl-C' },
    { name: 'lines', short: 'n', value: 'LINES', summary: 'How many of the last lines; 100 by default' },
    { name: 'instance', value: 'ID', summary: 'One instance only; status shows the ids' },
    {
      name: 'times',
      short: 't',
      summary: 'Begin each line with its time and source, also without a terminal',
    },
  ],
  examples: [
    { command: 'logs production -f', does: 'Follow everything that production prints' },
    { command: 'logs production web -n 1000 | grep -i error', does: 'Search the last lines of one service' },
    { command: 'logs staging --json', does: 'One JSON document a line' },
  ],
  exits: ['detached'],
  json: 'The documents of the call `logs`, one a line.',
  words: [1, 2],
  completes: ['environment'],
  run: async (context, args) => {
    const [written = '', service] = args.words;
    const lines = args.value('lines') ?? '100';
    if (!/^\d{1,6}$/.test(lines)) throw usage('mainstay logs', `-n ${lines} is not a count of lines`);
    const target = await environmentFrom(context, written);
    const instance = args.value('instance');
    const follow = args.flag('follow');
    const query = {
      lines: Number(lines),
      ...(service === undefined ? {} : { service }),
      ...(instance === undefined ? {} : { instance }),
      follow,
    };
    const { out, globals } = context;
    const withTimes = out.isTerminal || args.flag('times');
    let count = 0;
    try {
      for await (const line of readLogLines(context.control(), target, query, context.interrupted())) {
        count += 1;
        const text = globals.json ? JSON.stringify(line) : logLine(line, { style: out.style, withTimes });
        if (!out.stream.write(`${text}\n`)) await drained(out.stream);
      }
    } catch (error) {
      // Ctrl-C is how following ends.
      if (!(follow && error instanceof Interrupted)) throw error;
    }
    if (count === 0 && !follow)
      context.note(`${target.id} has printed nothing${service === undefined ? '' : ` from ${service}`}.`);
    return exitCodes.ok.code;
  },
};
