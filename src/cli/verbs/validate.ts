import { exitCodes } from '../exit-codes.ts';
import { needManifestFile } from '../manifest-file.ts';
import type { Verb } from '../verb.ts';

export const validate: Verb = {
  name: 'validate',
  usage: [''],
  description:
    'Reads the manifest as a deploy would. Each error has its file, line, column and path, and a word that was misspelt has the one that was meant. Needs nothing that runs.',
  options: [],
  examples: [
    { command: 'validate', does: 'Check the manifest here, or further up' },
    { command: 'validate --file deploy/mainstay.yaml', does: 'Check another one' },
    { command: 'validate --json', does: 'Issues as JSON, for an editor' },
  ],
  exits: [],
  json: '`{ file, valid, issues: [{ file, line, column, path, message, hint }] }`',
  words: [0, 0],
  run: async (context) => {
    const file = needManifestFile(context);
    const { formatIssue, parseManifest } = await import('../../manifest/parse-manifest.ts');
    const parsed = parseManifest(file.text, file.shown);
    const { out, globals } = context;
    const issues = parsed.ok ? [] : parsed.issues;
    if (globals.json) context.json({ file: file.path, valid: parsed.ok, issues });
    else if (parsed.ok) {
      const { app, services, environments } = parsed.manifest;
      const counts = `${count(services.length, 'service')}, ${count(environments.length, 'environment')}`;
      out.line(`${out.style.good(out.style.symbols.done)} ${file.shown} is valid: ${app} with ${counts}.`);
    } else context.err.lines(issues.map(formatIssue));
    return parsed.ok ? exitCodes.ok.code : exitCodes.usage.code;
  },
};

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}
