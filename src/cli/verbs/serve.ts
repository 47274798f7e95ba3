import type { Verb } from '../verb.ts';

export const serve: Verb = {
  name: 'serve',
  usage: [''],
  description:
    'Runs the control plane in the foreground, for a service manager or to watch it. Otherwise there is no need: the ' +
    'first command that needs it starts it. It listens on a unix socket in its home and nowhere else. What is deployed ' +
    'goes on serving when it stops.',
  options: [],
  examples: [
    { command: 'serve', does: 'Run it until Ctrl-C' },
    { command: 'serve --home /srv/mainstay', does: 'Run a second one, with a home of its own' },
  ],
  exits: [],
  words: [0, 0],
  run: (context) => context.roles.serve(context.home()),
};
