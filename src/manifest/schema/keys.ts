import { z } from 'zod';
import { filledText, freeText, variableName } from '../scalar-schemas.ts';

interface KeyNotes {
  readonly example: unknown;
  /** What holds when the key is left out; a sentence in angle brackets where it depends on other keys. */
  readonly default?: unknown;
}

export function required<S extends z.ZodType>(schema: S, description: string, notes: KeyNotes) {
  return schema.meta({ ...z.globalRegistry.get(schema), description, examples: [notes.example] });
}

export function optional<S extends z.ZodType>(schema: S, description: string, notes: KeyNotes) {
  const { default: fallback } = notes;
  return schema.optional().meta({
    ...z.globalRegistry.get(schema),
    description,
    examples: [notes.example],
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}

export const mapping = 'expected a mapping';
export const integer = (min: number, max: number) => z.int('expected a whole number').min(min).max(max);

export const command = () =>
  z.union(
    [filledText('a command'), z.array(freeText('a word'), 'expected a command').min(1)],
    'expected a command: a line of text, or a list of words',
  );
export const commands = () =>
  z.union(
    [filledText('a command'), z.array(command(), 'expected a list of commands')],
    'expected a command or a list of commands',
  );
export const variables = () =>
  z.record(variableName(), freeText('text'), 'expected a mapping of variables to values');
