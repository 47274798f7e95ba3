import { Failure } from '../core/failure.ts';
import { Interrupted } from './interrupted.ts';
import type { VerbContext } from './verb.ts';

const longest = 64 * 1024;
const enter = new Set(['\r', '\n', '\u0004']);
const backspace = new Set(['\u007f', '\b']);

/**
 * A secret, typed without echo on a terminal, else all of standard input with one line end at its close taken
 * off. Never from the command line, where every process of the machine could read it.
 */
export async function readSecret(context: VerbContext, name: string): Promise<string> {
  const { io } = context;
  const value = io.stdin.isTTY === true ? await typed(context, name) : await piped(context, name);
  if (value !== '') return value;
  throw new Failure('usage-invalid', `The value for ${name} is empty; nothing was changed.`, {
    hint: `To remove the secret: ${context.command(`secret unset ENVIRONMENT ${name}`)}`,
  });
}

async function piped({ io }: VerbContext, name: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of io.stdin) {
    size += part.length;
    if (size > longest) throw new Failure('usage-invalid', `The value for ${name} is longer than 64 KiB.`);
    parts.push(part);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    throw new Failure('usage-invalid', `The value for ${name} is not UTF-8 text.`, {
      hint: 'Encode it, for example with base64, and decode it in the application.',
      cause: error,
    });
  }
}

async function typed({ io, err }: VerbContext, name: string): Promise<string> {
  err.stream.write(`Value for ${name} (not shown): `);
  io.stdin.setRawMode?.(true);
  try {
    const value: string[] = [];
    const decoder = new TextDecoder();
    for await (const chunk of io.stdin) {
      for (const character of decoder.decode(chunk, { stream: true })) {
        if (enter.has(character)) return value.join('');
        if (character === '\u0003') throw new Interrupted();
        if (backspace.has(character)) value.pop();
        else value.push(character);
      }
    }
    return value.join('');
  } finally {
    io.stdin.setRawMode?.(false);
    err.stream.write('\n');
  }
}
