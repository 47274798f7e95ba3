import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { draftManifest } from '../../manifest/draft/draft-manifest.ts';
import { exitCodes } from '../exit-codes.ts';
import { manifestName } from '../manifest-file.ts';
import { scanProject } from '../project-facts.ts';
import { wrapText } from '../text-width.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const init: Verb = {
  name: 'init',
  usage: ['[--print]'],
  description:
    'Looks at the files in this directory (Node, Python, Procfile, static site) and writes a mainstay.yaml with ' +
    'comments worth keeping. It runs nothing and never overwrites a file.',
  options: [{ name: 'print', summary: 'Print the manifest instead of writing it' }],
  examples: [
    { command: 'init', does: 'Write mainstay.yaml here' },
    { command: 'init --print', does: 'See what it would write' },
  ],
  exits: ['refused'],
  words: [0, 0],
  run: async (context, args) => {
    const { text, notes } = draftManifest(await scanProject(context.io.directory));
    if (args.flag('print')) {
      context.io.stdout.write(text);
      return exitCodes.ok.code;
    }
    const path = join(context.io.directory, manifestName);
    await writeNew(context, path, text);
    const { out } = context;
    out.line(`${out.style.good(out.style.symbols.done)} Wrote ${manifestName}.`);
    for (const note of notes) {
      const [first = '', ...more] = wrapText(note, Math.min(out.width(), 100) - 5);
      out.lines([`  - ${first}`, ...more.map((line) => `    ${line}`)]);
    }
    out.line(`Next: read it, then ${context.command('validate')} and ${context.command('deploy staging')}`);
    return exitCodes.ok.code;
  },
};

/** Created exclusively, so that a file which appears at the same instant is not overwritten either. */
async function writeNew(context: VerbContext, path: string, text: string): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o644);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new Failure('already-exists', `There is a ${manifestName} here already; it was left as it is.`, {
        hint: `Compare it with: ${context.command('init --print')}`,
        cause: error,
      });
    }
    throw new Failure('permission-denied', `Cannot write ${path}: ${message}.`, { cause: error });
  }
}
