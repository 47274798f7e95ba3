import { type ParsedArguments, usage } from '../arguments.ts';
import { environmentFrom } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSecret } from '../read-secret.ts';
import type { Verb, VerbContext } from '../verb.ts';
import { changedLines, checkedName } from './config.ts';

const command = 'mainstay secret';

export const secret: Verb = {
  name: 'secret',
  usage: ['set ENVIRONMENT NAME', 'list ENVIRONMENT', 'unset ENVIRONMENT NAME'],
  description:
    'Secrets are typed without echo or read from standard input, encrypted before they are written, given to the ' +
    'application in its environment only, and redacted from logs, events and errors. Nothing shows them again.',
  options: [],
  examples: [
    { command: 'secret set staging SESSION_KEY', does: 'Ask for it, without echo' },
    {
      command: 'secret set production SESSION_KEY < key.txt',
      does: 'Read it from a file; one line end at its close is left out',
    },
    { command: 'secret list production', does: 'Which are set, and which are missing' },
  ],
  exits: ['refused', 'detached'],
  json: 'The answer of the call `config`; after set and unset, of `changeConfig`.',
  words: [1, 3],
  completes: [{ oneOf: ['set', 'list', 'unset'] }, 'environment'],
  run: async (context, args) => {
    const { action, written, name } = split(args);
    const { app, environment } = await environmentFrom(context, written);
    const params = { app, environment };
    if (action === 'list') return list(context, params);
    const key = checkedName(name ?? '');
    const change =
      action === 'set'
        ? { setSecrets: { [key]: await readSecret(context, key) }, unsetSecrets: [] }
        : { setSecrets: {}, unsetSecrets: [key] };
    const answer = await context
      .control()
      .call('changeConfig', { params, body: { set: {}, unset: [], ...change } });
    if (context.globals.json) context.json(answer);
    else context.out.lines(changedLines(context, answer));
    return exitCodes.ok.code;
  },
};

/** Both orders read well: `secret set staging NAME` and `secret staging set NAME`. */
function split({ words }: ParsedArguments) {
  const [first = '', second = '', name] = words;
  const [action, written] = isAction(first) ? [first, second] : [second, first];
  if (!isAction(action)) throw usage(command, 'say what to do: set, list or unset');
  if (written === '') throw usage(command, 'the environment is missing');
  if (action === 'list' && name !== undefined) throw usage(command, 'list takes no name');
  if (action !== 'list' && name === undefined) throw usage(command, `${action} needs the name of a secret`);
  if (name?.includes('=')) {
    throw usage(
      command,
      'the value does not belong on the command line, where other users can see it; it is asked for',
    );
  }
  return { action, written, name };
}

function isAction(word: string): word is 'set' | 'list' | 'unset' {
  return word === 'set' || word === 'list' || word === 'unset';
}

async function list(context: VerbContext, params: { app: string; environment: string }): Promise<number> {
  const answer = await context.control().call('config', { params });
  const { out } = context;
  const { good, bad, symbols } = out.style;
  if (context.globals.json) context.json(answer);
  else if (answer.secrets.length + answer.missing.length === 0)
    out.line(`${answer.environment} has no secret.`);
  else {
    out.lines(answer.secrets.map((name) => `${good(symbols.done)} ${name}`));
    out.lines(
      answer.missing.map(
        (name) =>
          `${bad(symbols.failed)} ${name} is missing: ${context.command(`secret set ${answer.environment} ${name}`)}`,
      ),
    );
  }
  return exitCodes.ok.code;
}
