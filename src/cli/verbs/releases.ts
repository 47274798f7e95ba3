import { bytes, formatBytes } from '../../core/units.ts';
import { needApp } from '../environment-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { ago } from '../render/ago.ts';
import { tableLines } from '../render/table.ts';
import type { Verb } from '../verb.ts';

export const releases: Verb = {
  name: 'releases',
  usage: [''],
  description:
    'Every release that is kept: what it was built from, where it serves now and where it was verified. A release is ' +
    'built once and never changes; its digest is its identity.',
  options: [],
  examples: [
    { command: 'releases', does: 'Those of the app described here' },
    { command: 'releases --app guestbook --json', does: 'Those of another app, for a program' },
  ],
  exits: [],
  json: 'The answer of the call `releases`.',
  words: [0, 0],
  run: async (context) => {
    const { out, globals, roles } = context;
    const app = await needApp(context);
    const answer = await context.control().call('releases', { params: { app } });
    if (globals.json) {
      context.json(answer);
      return exitCodes.ok.code;
    }
    if (answer.releases.length === 0) {
      out.line(`${app} has no release yet. Build one with: ${context.command('deploy staging')}`);
      return exitCodes.ok.code;
    }
    const { dim, good } = out.style;
    const now = roles.clock.now();
    const head = ['release', 'digest', 'built', 'size', 'commit', 'verified in', 'serves'].map(dim);
    const rows = answer.releases.map((release) => [
      `r${release.number}`,
      release.digest.slice(0, 12),
      ago(release.createdAt, now),
      formatBytes(bytes(release.bytes)),
      release.commit === null ? dim('none') : `${release.commit.slice(0, 8)}${release.dirty ? '+' : ''}`,
      release.verifiedIn.join(', '),
      good(release.environments.join(', ')),
    ]);
    out.lines(tableLines([head, ...rows], out.width()));
    if (answer.releases.some(({ dirty }) => dirty))
      out.line(dim('+ built with changes that were not committed'));
    return exitCodes.ok.code;
  },
};
