import { usage } from '../arguments.ts';
import { exitCodes } from '../exit-codes.ts';
import { localTime } from '../render/ago.ts';
import { tableLines } from '../render/table.ts';
import type { Verb } from '../verb.ts';

export const evidence: Verb = {
  name: 'evidence',
  usage: ['[SUBJECT] [-n COUNT]'],
  description:
    'Records of what was done or seen, newest first. Each one carries the hash of the one before it, so a change ' +
    'anywhere shows; `lifecycle verify` proves that there is none.',
  options: [{ name: 'count', short: 'n', value: 'COUNT', summary: 'How many; 50 by default' }],
  examples: [
    { command: 'evidence', does: 'The newest records' },
    { command: 'evidence guestbook/production -n 10', does: 'Those about one environment' },
    { command: 'evidence --json -n 10000 > evidence.json', does: 'Keep them, with their data and hashes' },
  ],
  exits: [],
  json: 'The answer of the call `evidence`.',
  words: [0, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const [subject] = args.words;
    const count = args.value('count') ?? '50';
    if (!/^[1-9]\d{0,4}$/.test(count)) throw usage('mainstay evidence', `-n ${count} is not a count`);
    const query = { limit: Number(count), ...(subject === undefined ? {} : { subject }) };
    const answer = await context.control().call('evidence', { query });
    const { out } = context;
    if (context.globals.json) context.json(answer);
    else if (answer.records.length === 0) out.line('No record yet.');
    else {
      const rows = answer.records.map(({ seq, at, kind, subject: about, hash }) => [
        String(seq).padStart(6),
        localTime(at),
        out.style.dim(hash.slice(0, 8)),
        kind,
        about,
      ]);
      out.lines(tableLines(rows, out.width()));
    }
    return exitCodes.ok.code;
  },
};
