import { usage } from '../arguments.ts';
import { environmentFrom } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { showOperation } from '../follow-operation.ts';
import { operationDetailLines, operationListLines } from '../render/operation-list.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const operations: Verb = {
  name: 'operations',
  usage: ['[ENVIRONMENT] [-n COUNT]', 'show ID', 'follow ID', 'cancel ID'],
  description:
    'Every deploy, promotion, rollback, run and removal is an operation: it is written down before it begins, goes on ' +
    'without the terminal that asked for it, and ends with one truthful outcome. The beginning of an id is enough.',
  options: [{ name: 'count', short: 'n', value: 'COUNT', summary: 'How many to list; 20 by default' }],
  examples: [
    { command: 'operations', does: 'List the newest, over all environments' },
    { command: 'operations staging -n 50', does: 'List those of one environment' },
    { command: 'operations follow 01k3', does: 'Come back to a deploy that is under way' },
    { command: 'operations cancel 01k3', does: 'Stop it, and take back what it has done' },
  ],
  exits: ['failed', 'rolledBack', 'cancelled', 'incomplete', 'refused', 'detached'],
  json: 'The answer of the call `operations`; after show and follow, of `operation`; after cancel, of `cancelOperation`.',
  words: [0, 2],
  completes: [{ oneOf: ['show', 'follow', 'cancel'] }, 'operation'],
  run: async (context, args) => {
    const [first, id] = args.words;
    if (first === 'show' || first === 'follow' || first === 'cancel') {
      if (id === undefined) throw usage('mainstay operations', `${first} needs the id of an operation`);
      if (first === 'show') return show(context, id);
      return first === 'follow' ? follow(context, id) : cancel(context, id);
    }
    if (id !== undefined)
      throw usage('mainstay operations', `there is no "${first}"; it is show, follow or cancel`);
    return list(context, first, args.value('count') ?? '20');
  },
};

async function list(context: VerbContext, written: string | undefined, count: string): Promise<number> {
  if (!/^[1-9]\d{0,3}$/.test(count)) throw usage('mainstay operations', `-n ${count} is not a count`);
  const environment = written === undefined ? undefined : (await environmentFrom(context, written)).id;
  const query = { limit: Number(count), ...(environment === undefined ? {} : { environment }) };
  const answer = await context.control().call('operations', { query });
  if (context.globals.json) context.json(answer);
  else if (answer.operations.length === 0) {
    context.out.line(environment === undefined ? 'No operation yet.' : `No operation of ${environment} yet.`);
  } else context.out.lines(operationListLines(answer.operations, viewOf(context)));
  return exitCodes.ok.code;
}

async function show(context: VerbContext, id: string): Promise<number> {
  const operation = await context.control().call('operation', { params: { id } });
  if (context.globals.json) context.json(operation);
  else context.out.lines(operationDetailLines(operation, viewOf(context)));
  return exitCodes.ok.code;
}

async function follow(context: VerbContext, id: string): Promise<number> {
  return showOperation(context, await context.control().call('operation', { params: { id } }));
}

async function cancel(context: VerbContext, id: string): Promise<number> {
  const operation = await context.control().call('cancelOperation', { params: { id }, body: {} });
  if (context.globals.json) context.json(operation);
  else if (operation.state === 'finished')
    context.out.line(`Operation ${operation.id} has ended: ${operation.outcome}.`);
  else {
    context.out.line(
      `Cancelling ${operation.kind} of ${operation.environment}; what was done is being taken back.`,
    );
    context.out.line(`Follow: ${context.command(`operations follow ${operation.id}`)}`);
  }
  return exitCodes.ok.code;
}

function viewOf({ out, roles }: VerbContext) {
  return { style: out.style, width: out.width(), now: roles.clock.now() };
}
