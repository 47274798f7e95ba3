import { bytes, formatBytes } from '../../core/units.ts';
import { confirmByTyping } from '../confirm.ts';
import { type EnvironmentName, environmentFrom } from '../environment-argument.ts';
import { startAndShow } from '../start-operation.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const destroy: Verb = {
  name: 'destroy',
  usage: ['ENVIRONMENT [--data]'],
  description:
    'Stops the environment and removes it: its instances, routes, jobs, configuration and secrets. Its data stays ' +
    'on disk unless --data is given. Says what it is about to remove and asks for the name of the environment.',
  options: [{ name: 'data', summary: 'Destroy the data too; there is no way back' }],
  examples: [
    { command: 'destroy preview-42', does: 'Remove an environment and keep its data' },
    { command: 'destroy preview-42 --data', does: 'Remove its data as well' },
    { command: 'destroy preview-42 --yes', does: 'In a script: do not ask' },
  ],
  exits: ['failed', 'cancelled', 'incomplete', 'refused', 'detached'],
  json: 'The answer of the call `operation`, once it has ended.',
  words: [1, 1],
  completes: ['environment'],
  run: async (context, args) => {
    const target = await environmentFrom(context, args.words[0] ?? '');
    const withData = args.flag('data');
    if (!context.globals.yes) await ask(context, target, withData);
    return startAndShow(context, {
      kind: 'destroy',
      environment: target.id,
      data: withData ? 'destroy' : 'keep',
    });
  },
};

async function ask(
  context: VerbContext,
  { app, environment, id }: EnvironmentName,
  withData: boolean,
): Promise<void> {
  const { data, instanceList, urls } = await context
    .control()
    .call('environment', { params: { app, environment } });
  const count = instanceList.length === 1 ? '1 instance' : `${instanceList.length} instances`;
  const warning = [
    `This removes ${id}: ${count}${urls.length === 0 ? '' : ` behind ${urls.join(' ')}`}, its configuration and secrets.`,
  ];
  for (const { name, bytes: size, directory } of data) {
    const where = `${name} (${formatBytes(bytes(size))}) in ${directory}`;
    warning.push(withData ? `This destroys its data for ever: ${where}.` : `Its data stays: ${where}.`);
  }
  await confirmByTyping(context, warning, environment);
}
