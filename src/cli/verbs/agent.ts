import type { Verb } from '../verb.ts';

export const agent: Verb = {
  name: 'agent',
  usage: [''],
  description:
    'Runs the agent of this host in the foreground: it keeps instances, jobs and the ingress running. The control ' +
    'plane starts one by itself; there is one for each home.',
  options: [],
  examples: [
    { command: 'agent', does: 'Run it until a signal ends it; instances go on' },
    { command: 'agent --home /srv/mainstay', does: 'For another home' },
  ],
  exits: [],
  words: [0, 0],
  run: (context) => context.roles.agent(context.home()),
};
