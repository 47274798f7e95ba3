import { type Finding, machineFindings } from '../doctor/machine-findings.ts';
import { runningFindings } from '../doctor/running-findings.ts';
import { exitCodes } from '../exit-codes.ts';
import { wrapText } from '../text-width.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const doctor: Verb = {
  name: 'doctor',
  usage: [''],
  description:
    'Checks Node, the home and its key, the disk, the control plane, the agent, the ingress and its ports, and that ' +
    'all are of one version. Each finding comes with its fix. Starts and changes nothing.',
  options: [],
  examples: [
    { command: 'doctor', does: 'Look for what is wrong' },
    { command: 'doctor --json', does: 'The findings for a program; exit code 7 when one fails' },
  ],
  exits: ['negative'],
  json: '`{ findings: [{ about, state, message, fix }] }`, where state is ok, warn or fail.',
  words: [0, 0],
  run: async (context) => {
    const home = context.home();
    const findings = [...(await machineFindings(home)), ...(await runningFindings(context))];
    if (context.globals.json) context.json({ findings });
    else print(context, findings);
    return findings.some(({ state }) => state === 'fail') ? exitCodes.negative.code : exitCodes.ok.code;
  },
};

function print({ out, globals }: VerbContext, findings: readonly Finding[]): void {
  const { good, warn, bad, dim, symbols } = out.style;
  const marks = { ok: good(symbols.done), warn: warn('!'), fail: bad(symbols.failed) };
  const column = Math.max(...findings.map(({ about }) => about.length)) + 2;
  const room = Math.min(out.width(), 110) - column - 3;
  for (const { about, state, message, fix } of findings) {
    if (globals.quiet && state === 'ok') continue;
    const [first = '', ...more] = wrapText(message, room);
    out.line(`${marks[state]} ${about.padEnd(column)}${first}`);
    const below = [...more, ...(fix === null ? [] : wrapText(`→ ${fix}`, room))];
    out.lines(below.map((line) => `  ${' '.repeat(column)}${state === 'ok' ? dim(line) : line}`));
  }
}
