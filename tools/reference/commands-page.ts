import type { OptionSpec } from '../../src/cli/arguments.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { globalOptions } from '../../src/cli/global-options.ts';
import { exitsOf, optionUsage } from '../../src/cli/help.ts';
import type { Verb } from '../../src/cli/verb.ts';
import type { VerbGroup } from '../../src/cli/verbs.ts';
import { cell } from './markdown.ts';

export interface LoadedGroup {
  readonly title: string;
  readonly verbs: readonly { readonly summary: string; readonly verb: Verb }[];
}

/** Loads every verb, for the page and for whoever else describes them all. */
export async function loadGroups(groups: readonly VerbGroup[]): Promise<LoadedGroup[]> {
  return Promise.all(
    groups.map(async ({ title, verbs }) => ({
      title,
      verbs: await Promise.all(verbs.map(async ({ summary, load }) => ({ summary, verb: await load() }))),
    })),
  );
}

/** `docs/reference/commands.md`. Pure. */
export function commandsPage(groups: readonly LoadedGroup[]): string {
  return `# Commands

<!-- Generated from the verbs of the command line; changes here are overwritten. -->

\`mainstay VERB [arguments] [options]\`. \`mainstay VERB --help\` shows what stands here. An environment is written as
\`staging\` (the app comes from \`mainstay.yaml\` here or further up, or from \`--app\`) or as \`guestbook/staging\`.

${groups.map(overview).join('\n\n')}

## Options everywhere

${optionTable(globalOptions)}

## Exit codes

| code | meaning |
|---:|---|
${Object.values(exitCodes)
  .map(({ code, meaning }) => `| ${code} | ${cell(meaning)} |`)
  .join('\n')}

\`exec\` ends with the exit code of the command that it runs. With \`--json\` a failure is also printed to standard
output, as \`{ "failure": { code, message, hint, retryable, details } }\`; the codes are in [errors.md](errors.md).

${groups.flatMap(({ verbs }) => verbs.map(({ summary, verb }) => verbSection(summary, verb))).join('\n\n')}
`;
}

function overview({ title, verbs }: LoadedGroup): string {
  const rows = verbs.map(({ summary, verb }) => `| [\`${verb.name}\`](#${verb.name}) | ${cell(summary)} |`);
  return `| ${title} | |\n|---|---|\n${rows.join('\n')}`;
}

function verbSection(summary: string, verb: Verb): string {
  const usage = verb.usage.map((line) => `mainstay ${verb.name} ${line}`.trim());
  const examples = verb.examples.map(({ command, does }) => `# ${does}\nmainstay ${command}`);
  const parts = [
    `## ${verb.name}`,
    `**${summary}.**`,
    verb.description,
    `\`\`\`\n${usage.join('\n')}\n\`\`\``,
    ...(verb.options.length === 0 ? [] : [optionTable(verb.options)]),
    `\`\`\`sh\n${examples.join('\n\n')}\n\`\`\``,
    ...(verb.json === undefined ? [] : [`\`--json\`: ${linked(verb.json)}`]),
    `Exit codes: ${exitsOf(verb)
      .map(({ code }) => code)
      .join(', ')}.`,
  ];
  return parts.join('\n\n');
}

/** The calls of the API that a sentence names lead to where they are described. */
function linked(sentence: string): string {
  return sentence.replaceAll(
    /`([a-z]+)`/gi,
    (_match, call: string) => `[\`${call}\`](api.md#${call.toLowerCase()})`,
  );
}

function optionTable(options: readonly OptionSpec[]): string {
  const rows = options.map((option) => `| \`${optionUsage(option).trim()}\` | ${cell(option.summary)} |`);
  return `| option | |\n|---|---|\n${rows.join('\n')}`;
}
