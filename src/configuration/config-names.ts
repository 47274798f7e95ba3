import { Failure } from '../core/failure.ts';

/** What POSIX allows in the environment of a process and every shell can set. */
const pattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const longestName = 128;
/** Linux refuses to start a program with a longer variable (`MAX_ARG_STRLEN`, 128 KiB, name included). */
const longestValue = 120 * 1024;

/** Throws `config-invalid` saying what a name must look like. */
export function checkName(name: string): void {
  if (!pattern.test(name) || name.length > longestName)
    throw new Failure('config-invalid', `${JSON.stringify(name)} is not a name of a variable.`, {
      hint: `Use letters, digits and "_", not beginning with a digit, at most ${longestName} characters.`,
      details: { name },
    });
  if (name.startsWith('MAINSTAY_'))
    throw new Failure(
      'config-invalid',
      `${name} is not free: names that begin with MAINSTAY_ are set by Mainstay.`,
      {
        hint: 'Choose another name.',
        details: { name },
      },
    );
}

/** Throws `config-invalid`; the value, which may be a secret, is no part of the message. */
export function checkValue(name: string, value: string): void {
  const problem = value.includes('\0')
    ? 'holds a zero byte, which no environment of a process can'
    : Buffer.byteLength(value) > longestValue
      ? `is longer than ${longestValue / 1024} KiB, with which Linux starts no program`
      : undefined;
  if (problem === undefined) return;
  throw new Failure('config-invalid', `The value of ${name} ${problem}.`, {
    hint: 'Put it into a file that the app reads, and its path here.',
    details: { name },
  });
}
