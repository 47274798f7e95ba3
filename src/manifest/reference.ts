import { z } from 'zod';
import type { Section } from './reference-examples.ts';
import { anchorExample, sectionExamples, sections } from './reference-examples.ts';
import { manifestSchema } from './schema.ts';
import { fixedKeys, withoutOptional } from './schema-walk.ts';

type Schema = z.core.$ZodType;

/** `docs/reference/manifest.md`: every key with kind, default and meaning, from the schema that judges files. */
export function manifestReference(): string {
  return `${[introduction, ...sections.map(sectionText), anchors].join('\n\n')}\n`;
}

const introduction = `# mainstay.yaml

<!-- Generated from the schema of the manifest; changes here are overwritten. -->

One file at the top of the source says what an app consists of and where it runs. \`mainstay init\` writes a first one,
\`mainstay validate\` tells every fault with its line. Unknown keys are faults, so that a misspelt one is never
silently ignored. For hints while typing, point your editor at [mainstay.schema.json](mainstay.schema.json).

A whole manifest, from which the examples below are taken:

${fenced(sections.map((section) => sectionExamples[section]).join('\n'))}

## Values

| kind | written as |
|---|---|
| duration | a number and \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`: \`250ms\`, \`30s\`, \`1.5h\` |
| size | a number and \`B\`, \`KB\`, \`MB\`, \`GB\` or \`TB\`, in steps of 1024: \`256MB\`; \`256MiB\` is the same |
| percentage | \`0%\` to \`100%\` |
| name | \`a-z\`, \`0-9\` and \`-\`, beginning with a letter, at most 40 characters |
| variable name | letters, digits and \`_\`, not beginning with a digit; those that begin with \`MAINSTAY_\` are taken |
| command | a line of text, or a list of words. A line of plain words is executed directly; one with variables, pipes, patterns or the like is passed whole to \`sh -c\`; a list is executed as it is |
| variables | a mapping of variable names to text; a number keeps the spelling of the file |`;

const anchors = `## Anchors and keys of your own

YAML's anchors and merge keys work. A key at the top that begins with \`x-\` belongs to you and is not looked at; it is
the place for what several services share. What is written out wins over what is merged.

${fenced(anchorExample)}`;

function sectionText(section: Section): string {
  const schema = manifestSchema.shape[section];
  const { description } = notesOf(schema);
  const entries = withoutOptional(schema);
  const isNamed = entries instanceof z.ZodRecord;
  const keys = fixedKeys(isNamed ? entries.valueType : schema);
  const intro = isNamed ? `${description} A mapping of names to mappings with these keys:` : description;
  const table = keys === undefined ? [] : [tableOf(keys)];
  return [`## ${section}`, intro, fenced(sectionExamples[section]), ...table].join('\n\n');
}

function tableOf(keys: Readonly<Record<string, Schema>>): string {
  return ['| key | kind | default | meaning |', '|---|---|---|---|', ...rowsOf(keys, '')].join('\n');
}

function rowsOf(keys: Readonly<Record<string, Schema>>, prefix: string): string[] {
  return Object.entries(keys).flatMap(([key, schema]) => {
    const { description, fallback } = notesOf(schema);
    const path = `${prefix}${key}`;
    const row = `| \`${path}\` | ${cell(kindOf(schema))} | ${cell(defaultText(schema, fallback))} | ${cell(description)} |`;
    const inner = withoutOptional(schema);
    // `deploy` inside an environment has the keys of its own section.
    const nested = inner instanceof z.ZodRecord || path === 'deploy' ? undefined : fixedKeys(schema);
    return [row, ...(nested === undefined ? [] : rowsOf(nested, `${path}.`))];
  });
}

function notesOf(schema: Schema): { description: string; fallback: unknown } {
  const { description = '', default: fallback } = z.globalRegistry.get(schema) ?? {};
  return { description, fallback };
}

function defaultText(schema: Schema, fallback: unknown): string {
  if (!(schema instanceof z.ZodOptional)) return '**required**';
  if (fallback === undefined) return '';
  if (typeof fallback === 'string' && fallback.startsWith('<')) return fallback.slice(1, -1);
  return `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``;
}

/** What may stand there, in a few words. */
function kindOf(schema: Schema): string {
  const inner = withoutOptional(schema);
  if (isCommand(inner)) return 'command';
  if (isCommandList(inner)) return 'command or list of commands';
  const title = z.globalRegistry.get(inner)?.title;
  if (title !== undefined) return title;
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${option}\``).join(', ');
  if (inner instanceof z.ZodLiteral) return [...inner.values].map((value) => `\`${value}\``).join(', ');
  if (inner instanceof z.ZodArray) return `list of ${plural(kindOf(inner.element))}`;
  if (inner instanceof z.ZodUnion) return inner.options.map(kindOf).join(' or ');
  if (inner instanceof z.ZodRecord) return isVariables(inner) ? 'variables' : 'mapping by service';
  if (inner instanceof z.ZodNumber) return 'number';
  return inner instanceof z.ZodString ? 'text' : 'mapping';
}

/** A line of text, or a list whose entries are plain text: its words. */
function isCommand(schema: Schema): boolean {
  if (!(schema instanceof z.ZodUnion)) return false;
  const [line, words] = schema.options;
  return line instanceof z.ZodString && words instanceof z.ZodArray && words.element instanceof z.ZodString;
}

function isCommandList(schema: Schema): boolean {
  if (!(schema instanceof z.ZodUnion)) return false;
  const entries = schema.options.find((option) => option instanceof z.ZodArray);
  return entries !== undefined && isCommand(entries.element);
}

const isVariables = (schema: z.ZodRecord) => z.globalRegistry.get(schema.keyType)?.title === 'variable name';

function plural(kind: string): string {
  if (kind.startsWith('`')) return kind;
  if (kind === 'path of a URL') return 'paths of URLs';
  return kind === 'text' ? kind : `${kind}s`;
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function fenced(yaml: string): string {
  return `\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``;
}
