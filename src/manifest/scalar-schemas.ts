import { z } from 'zod';
import { closestWord } from './closest-word.ts';
import { cronProblem } from './cron.ts';
import {
  durationPattern,
  parseDuration,
  parsePercentage,
  parseSize,
  percentagePattern,
  sizePattern,
} from './quantities.ts';

/** What is wrong with a value, in the words of `ManifestIssue`. */
interface Verdict {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The kernel gives no process a longer argument or variable than 128 KiB. */
const longestText = 100_000;

/**
 * Text with one more rule. `expected` completes "expected …, got a number". What no process can be given is
 * refused everywhere.
 */
function text(expected: string, judge: (value: string) => Verdict | null) {
  return z.string(`expected ${expected}`).superRefine((value, context) => {
    const verdict = unusable(value) ?? judge(value);
    if (verdict === null) return;
    context.addIssue({ code: 'custom', message: verdict.message, params: { hint: verdict.hint } });
  });
}

function unusable(value: string): Verdict | null {
  if (value.includes('\0')) return { message: 'contains a NUL character' };
  return value.length > longestText ? { message: `is longer than ${longestText} characters` } : null;
}

const show = (value: string) => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);

export const freeText = (expected = 'text') => text(expected, () => null);

export const filledText = (expected = 'text') =>
  text(expected, (value) => (value.trim() === '' ? { message: 'must not be empty' } : null)).meta({
    title: 'text',
    pattern: '\\S',
  });

/** Names become parts of paths, host names and variable names. */
export const namePattern = /^[a-z][a-z0-9-]{0,39}$/;

export const name = (thing: string) =>
  text(`the name of ${thing}`, (value) => {
    if (namePattern.test(value)) return null;
    const better = value
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, 40);
    return {
      message: `${show(value)} cannot name ${thing}`,
      hint: `use a-z, 0-9 and "-", beginning with a letter, at most 40${better === '' ? '' : `; such as "${better}"`}`,
    };
  }).meta({ title: 'name', pattern: namePattern.source });

const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const variableName = () =>
  text('the name of an environment variable', (value) => {
    if (!variablePattern.test(value)) {
      return {
        message: `${show(value)} cannot name an environment variable`,
        hint: 'use letters, digits and "_", not beginning with a digit',
      };
    }
    return value.startsWith('MAINSTAY_')
      ? { message: 'names beginning with MAINSTAY_ are set by Mainstay itself' }
      : null;
  }).meta({ title: 'variable name', pattern: variablePattern.source });

/** Timers hold 2^31 milliseconds and fire at once beyond that. */
const longest = 24 * 86_400_000;

export const duration = (options: { readonly zero?: boolean } = {}) =>
  text('a duration such as 30s or 5m', (value) => {
    const parsed = parseDuration(value);
    if (parsed === undefined) {
      const bare = /^\d{1,9}$/.test(value.trim());
      return {
        message: `${show(value)} is not a duration`,
        hint: bare
          ? `write ${value.trim()}s for seconds`
          : 'write a number and ms, s, m, h or d, such as 30s',
      };
    }
    if (parsed === 0 && options.zero !== true) return { message: 'must be longer than zero' };
    return parsed > longest ? { message: 'is longer than 24 days' } : null;
  }).meta({ title: 'duration', pattern: durationPattern.source });

export const size = (smallest: number) =>
  text('a size such as 256MB', (value) => {
    const parsed = parseSize(value);
    if (parsed === undefined) {
      const loose = /^(\d{1,9}) {0,3}([kmgt])?(i?b)?$/i.exec(value.trim());
      const bare = loose?.[3] === undefined ? 'MB' : 'B';
      const unit = loose?.[2] === undefined ? bare : `${loose[2].toUpperCase()}B`;
      return {
        message: `${show(value)} is not a size`,
        hint:
          loose === null ? 'write a number and KB, MB, GB or TB, such as 256MB' : `write ${loose[1]}${unit}`,
      };
    }
    if (parsed < smallest)
      return { message: `is less than ${smallest / 1024 / 1024}MB, too little for any process` };
    return parsed > 2 ** 50 ? { message: 'is more than 1024TB' } : null;
  }).meta({ title: 'size', pattern: sizePattern.source });

export const percentage = () =>
  text('a percentage such as 1%', (value) =>
    parsePercentage(value) === undefined
      ? { message: `${show(value)} is not a percentage`, hint: 'write 0% to 100%, such as 1%' }
      : null,
  ).meta({ title: 'percentage', pattern: percentagePattern.source });

export const schedule = () =>
  text('a schedule of five cron fields', cronProblem).meta({ title: 'cron fields' });

export const timezone = () =>
  text('a time zone such as Europe/Berlin', (value) => {
    if (/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(value) && knownTimezone(value)) return null;
    const near = closestWord(value, Intl.supportedValuesOf('timeZone'));
    return {
      message: `${show(value)} is not a time zone`,
      hint: near === undefined ? 'use an IANA name such as Europe/Berlin or UTC' : `did you mean "${near}"?`,
    };
  }).meta({ title: 'time zone' });

function knownTimezone(value: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

export const domain = () =>
  text('a domain such as shop.example.com', (value) => {
    if (value.length <= 253 && value.split('.').every((part) => label.test(part))) return null;
    return { message: `${show(value)} is not a domain`, hint: domainHint(value) };
  }).meta({ title: 'domain', pattern: '^[a-z0-9.-]{1,253}$' });

function domainHint(value: string): string {
  if (/^https?:\/\//i.test(value)) return 'leave out the scheme and path; write the host name alone';
  if (/:\d+$/.test(value)) return 'leave out the port; Mainstay knows where it listens';
  if (/[A-Z]/.test(value)) return `write it in lower case, ${value.slice(0, 253).toLowerCase()}`;
  if (value.includes('*')) return 'wildcards are not supported; list each name under domains';
  if (/[^\0-\x7f]/.test(value)) return 'write it in its ASCII form, beginning with xn--';
  return 'use labels of a-z, 0-9 and "-" joined by dots, such as shop.example.com';
}

/** A path inside some directory: no way out, no spelling twice. */
export const relativePath = (where: string) =>
  text('a relative path', (value) => {
    if (value.trim() === '') return { message: 'must not be empty' };
    if (value.startsWith('/'))
      return { message: 'must be a relative path', hint: `it is taken inside ${where}` };
    const parts = value.replace(/\/$/, '').split('/');
    if (parts.includes('..')) return { message: 'must not contain ".."', hint: `it stays inside ${where}` };
    if (parts.includes('') || (parts.includes('.') && parts.length > 1) || value === '.') {
      return {
        message: `${show(value)} is not a plain path`,
        hint: 'leave out ".", and slashes that follow each other',
      };
    }
    return /[\r\n]/.test(value) ? { message: 'must not contain a line break' } : null;
  }).meta({ title: 'relative path', pattern: '^[^/]' });

export const absolutePath = () =>
  text('an absolute path', (value) =>
    value.startsWith('/') && !value.split('/').includes('..')
      ? null
      : { message: `${show(value)} is not an absolute path on the host`, hint: 'begin it with "/"' },
  ).meta({ title: 'absolute path', pattern: '^/' });

/** The path of a URL, without query and fragment unless `query` allows the former. */
export const urlPath = (options: { readonly query?: boolean } = {}) =>
  text('a path such as /health', (value) => {
    if (!value.startsWith('/')) return { message: `${show(value)} is not a path`, hint: `begin it with "/"` };
    const allowed = options.query === true ? /^[!$-;=?-Z_a-z~[\]]+$/ : /^[!$-;=@-Z_a-z~]+$/;
    if (!allowed.test(value)) {
      return {
        message: `${show(value)} is not a path of a URL`,
        hint: `percent-encode other characters${options.query === true ? '' : '; leave out the query'}`,
      };
    }
    const path = value.split('?')[0] ?? '';
    return path.includes('//') || path.split('/').some((part) => part === '.' || part === '..')
      ? { message: 'must not contain "//", "." or ".." as a segment' }
      : null;
  }).meta({ title: 'path of a URL', pattern: '^/' });
