import { isNotRunning } from '../../client/control-client.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verb.ts';

export const version: Verb = {
  name: 'version',
  usage: [''],
  description:
    'The version of this program, of the control plane when one runs, and of Node. Starts nothing.',
  options: [],
  examples: [
    { command: 'version', does: 'Show them' },
    { command: 'version --json', does: 'The same for a program' },
  ],
  exits: [],
  json: '`{ program, control, node }`, where control is null when none runs.',
  words: [0, 0],
  run: async (context) => {
    const control = await context
      .controlIfUp()
      .call('health', {})
      .catch((error: unknown) => {
        if (isNotRunning(error)) return undefined;
        throw error;
      });
    const document = {
      program: context.roles.version,
      control: control?.version ?? null,
      node: process.versions.node,
    };
    if (context.globals.json) context.json(document);
    else {
      context.out.line(`mainstay ${document.program}`);
      context.out.line(`control plane ${document.control ?? 'not running'}`);
      context.out.line(`node ${document.node}`);
    }
    return exitCodes.ok.code;
  },
};
