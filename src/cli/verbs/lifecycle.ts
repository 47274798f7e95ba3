import type { ParsedArguments } from '../arguments.ts';
import { usage } from '../arguments.ts';
import { needApp } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { localTime } from '../render/ago.ts';
import { lifecycleLines } from '../render/lifecycle-lines.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const lifecycle: Verb = {
  name: 'lifecycle',
  usage: ['', 'verify [--head HASH]', 'waive ITEM --reason REASON --until DATE'],
  description:
    'The checklist from A (preparation) to H (end of life), each item judged from evidence: pass, fail, stale, ' +
    'unknown or waived, with the reason and what to do next. `verify` proves that no record was changed, left out or cut off.',
  options: [
    {
      name: 'head',
      value: 'HASH',
      summary: 'verify: a head noted earlier, which must still be in the chain',
    },
    { name: 'reason', value: 'REASON', summary: 'waive: why the item does not apply for now' },
    { name: 'until', value: 'DATE', summary: 'waive: the last day it holds, as 2026-12-31' },
    { name: 'section', value: 'LETTER', summary: 'Only one section, A to H' },
    { name: 'open', summary: 'Only what fails, is stale or unknown' },
  ],
  examples: [
    { command: 'lifecycle', does: 'The whole checklist' },
    { command: 'lifecycle --open', does: 'What there is to do' },
    {
      command: 'lifecycle verify',
      does: 'Prove the chain of evidence; note the head it prints somewhere else',
    },
    {
      command: 'lifecycle waive C5 --reason "two users, both wrote it" --until 2027-06-30',
      does: 'Set an item aside, on record',
    },
  ],
  exits: ['negative', 'refused'],
  json: 'The answer of the call `lifecycle`; after verify, of `verifyEvidence`; after waive, of `waive`.',
  words: [0, 2],
  completes: [{ oneOf: ['verify', 'waive'] }],
  run: async (context, args) => {
    const [action, item] = args.words;
    if (action === undefined) return show(context, args);
    if (action === 'verify' && item === undefined) return verify(context, args);
    if (action === 'waive') return waive(context, args, item);
    throw usage('mainstay lifecycle', `there is no "${args.words.join(' ')}"; it is verify, or waive ITEM`);
  },
};

async function show(context: VerbContext, args: ParsedArguments): Promise<number> {
  const app = await needApp(context);
  const answer = await context.control().call('lifecycle', { params: { app } });
  if (context.globals.json) {
    context.json(answer);
    return exitCodes.ok.code;
  }
  const section = args.value('section')?.toUpperCase();
  const items = answer.items.filter(
    (item) =>
      (section === undefined || item.id.startsWith(section)) && !(args.flag('open') && isSettled(item.state)),
  );
  const { out } = context;
  out.lines(lifecycleLines(app, items, { style: out.style, width: out.width() }));
  return exitCodes.ok.code;
}

function isSettled(state: string): boolean {
  return state === 'pass' || state === 'waived';
}

async function verify(context: VerbContext, args: ParsedArguments): Promise<number> {
  const body = { head: args.value('head') ?? null };
  const answer = await context.control().call('verifyEvidence', { body });
  const { out } = context;
  const { good, bad, symbols } = out.style;
  if (context.globals.json) context.json(answer);
  else if (answer.intact) {
    out.line(`${good(symbols.done)} The chain is intact: ${answer.records} records.`);
    if (answer.head !== null) out.line(`  Head: ${answer.head}`);
  } else {
    out.line(`${bad(symbols.failed)} The chain is broken: ${answer.problem ?? 'it does not verify'}`);
    out.line('  Records after that point prove nothing. Compare with a copy of the state directory.');
  }
  return answer.intact ? exitCodes.ok.code : exitCodes.negative.code;
}

async function waive(context: VerbContext, args: ParsedArguments, item: string | undefined): Promise<number> {
  const reason = args.value('reason');
  const written = args.value('until');
  const command = 'mainstay lifecycle waive';
  if (item === undefined) throw usage(command, 'the item is missing, as in waive C5');
  if (reason === undefined || reason.trim().length < 3) throw usage(command, '--reason must say why');
  if (written === undefined) throw usage(command, '--until must say how long, as in --until 2027-06-30');
  const until = Date.parse(`${written}T23:59:59.999`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(written) || Number.isNaN(until))
    throw usage(command, `--until ${written} is not a day such as 2027-06-30`);
  if (until < context.roles.clock.now()) throw usage(command, `--until ${written} is in the past`);
  const app = await needApp(context);
  const body = { item: item.toUpperCase(), reason: reason.trim(), until };
  const answer = await context.control().call('waive', { params: { app }, body });
  if (context.globals.json) context.json(answer);
  else
    context.out.line(
      `${answer.id} (${answer.title}) is waived for ${app} until ${localTime(until).slice(0, 10)}.`,
    );
  return exitCodes.ok.code;
}
