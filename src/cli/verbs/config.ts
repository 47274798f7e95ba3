import type { ControlResponse } from '../../api/control.ts';
import { usage } from '../arguments.ts';
import { environmentFrom } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { tableLines } from '../render/table.ts';
import type { Verb, VerbContext } from '../verb.ts';

const command = 'mainstay config';
const variable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

export const config: Verb = {
  name: 'config',
  usage: ['ENVIRONMENT', 'ENVIRONMENT set NAME=VALUE [NAME=VALUE…]', 'ENVIRONMENT unset NAME [NAME…]'],
  description:
    'Configuration reaches services, jobs and checks as environment variables, over what mainstay.yaml says. Every ' +
    'change makes a new revision, in force with the next deploy. What must not be seen is a secret, not configuration.',
  options: [],
  examples: [
    { command: 'config staging', does: 'Show the values, and which secrets are set or missing' },
    { command: 'config staging set GREETING="Hello there" LOG_LEVEL=debug', does: 'Set two values' },
    { command: 'config staging unset LOG_LEVEL', does: 'Go back to what mainstay.yaml says' },
  ],
  exits: ['refused'],
  json: 'The answer of the call `config`; after set and unset, of `changeConfig`.',
  words: [1, 200],
  completes: ['environment', { oneOf: ['get', 'set', 'unset'] }],
  run: async (context, args) => {
    // Both orders read well: `config staging set A=1` and `config set staging A=1`.
    const [first = '', second, ...others] = args.words;
    const [written, action, rest] = isAction(first)
      ? [second ?? '', first, others]
      : [first, second ?? 'get', others];
    if (!isAction(action)) throw usage(command, `there is no "${action}"; it is get, set or unset`);
    if (written === '') throw usage(command, 'the environment is missing');
    if (action === 'get' && rest.length > 1) throw usage(command, 'get takes one name at most');
    if (action !== 'get' && rest.length === 0) throw usage(command, `${action} needs at least one name`);
    const { app, environment } = await environmentFrom(context, written);
    const params = { app, environment };
    if (action === 'get') return show(context, await context.control().call('config', { params }), rest[0]);
    const change =
      action === 'set' ? { set: assignments(rest), unset: [] } : { set: {}, unset: rest.map(checkedName) };
    const body = { ...change, setSecrets: {}, unsetSecrets: [] };
    const answer = await context.control().call('changeConfig', { params, body });
    if (context.globals.json) context.json(answer);
    else context.out.lines(changedLines(context, answer));
    return exitCodes.ok.code;
  },
};

/** What `config` and `secret` say after a change: it is stored, and not in force before a deploy. */
export function changedLines(context: VerbContext, config: ControlResponse<'config'>): string[] {
  const { good, symbols } = context.out.style;
  return [
    `${good(symbols.done)} ${config.environment} has revision ${config.revision} of its configuration.`,
    `  It is in force with the next deploy: ${context.command(`deploy ${config.environment}`)}`,
  ];
}

export function checkedName(name: string): string {
  if (variable.test(name)) return name;
  throw usage(command, `"${name}" is not the name of a variable: letters, digits and _ only`);
}

function isAction(word: string): word is 'get' | 'set' | 'unset' {
  return word === 'get' || word === 'set' || word === 'unset';
}

function assignments(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      if (equals === -1) throw usage(command, `"${word}" is not NAME=VALUE`);
      return [checkedName(word.slice(0, equals)), word.slice(equals + 1)];
    }),
  );
}

function show(context: VerbContext, answer: ControlResponse<'config'>, name: string | undefined): number {
  const { out, globals } = context;
  if (globals.json) {
    context.json(answer);
    return exitCodes.ok.code;
  }
  if (name !== undefined) {
    const value = answer.values[name];
    if (value === undefined) throw usage(command, `${answer.environment} has no value for ${name}`);
    out.line(value);
    return exitCodes.ok.code;
  }
  const { strong, dim, good, bad } = out.style;
  const force =
    answer.inForce === answer.revision
      ? 'in force'
      : answer.inForce === null
        ? 'not in force yet'
        : `revision ${answer.inForce} is in force`;
  out.line(`${strong(answer.environment)}  ${dim(`revision ${answer.revision}, ${force}`)}`);
  const rows = [
    ...Object.entries(answer.values).map(([key, value]) => [key, value]),
    ...answer.secrets.map((key) => [key, good('secret, set')]),
    ...answer.missing.map((key) => [key, bad('secret, missing')]),
  ];
  if (rows.length === 0) out.line('  Nothing is set beyond mainstay.yaml.');
  out.lines(tableLines(rows, out.width(), '  '));
  const [missing] = answer.missing;
  if (missing !== undefined)
    out.line(`Set it with: ${context.command(`secret set ${answer.environment} ${missing}`)}`);
  return exitCodes.ok.code;
}
