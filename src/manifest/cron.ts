interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: months },
  { name: 'day of the week', min: 0, max: 7, words: weekdays },
];

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

export interface CronProblem {
  readonly message: string;
  readonly hint?: string;
}

/** Why a text is not a schedule of five cron fields that will ever be due; null when it is one. */
export function cronProblem(text: string): CronProblem | null {
  const nickname = nicknames[text.trim().toLowerCase()];
  if (nickname !== undefined)
    return { message: `"${text}" is not five cron fields`, hint: `write "${nickname}"` };
  const parts = text.trim().split(/[ \t]+/);
  if (parts.length !== fields.length) {
    return {
      message: `a schedule has 5 fields, this has ${text.trim() === '' ? 0 : parts.length}`,
      hint: 'minute, hour, day of the month, month, day of the week, such as "0 7 * * *" for 7:00 each day',
    };
  }
  const values: Set<number>[] = [];
  for (const [index, field] of fields.entries()) {
    const parsed = parseField(parts[index] ?? '', field);
    if (!(parsed instanceof Set)) return parsed;
    values.push(parsed);
  }
  return neverDue(parts, values);
}

function parseField(text: string, field: Field): Set<number> | CronProblem {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const problem = addItem(values, item, field);
    if (problem !== null) return problem;
  }
  return values;
}

function addItem(values: Set<number>, item: string, field: Field): CronProblem | null {
  const match = /^(?:\*|([0-9A-Za-z]{1,4})(?:-([0-9A-Za-z]{1,4}))?)(?:\/(\d{1,4}))?$/.exec(item);
  if (match === null) return { message: `${field.name}: "${item.slice(0, 40)}" is not a cron field` };
  const [, first, last, stepText] = match;
  const low = first === undefined ? field.min : numberOf(first, field);
  if (low === undefined) return outOfRange(first ?? '', field);
  const high = last === undefined ? (first === undefined ? field.max : low) : numberOf(last, field);
  if (high === undefined) return outOfRange(last ?? '', field);
  if (high < low) {
    return {
      message: `${field.name}: the range ${item} ends before it begins`,
      hint: `write two ranges, ${first}-${field.max},${field.min}-${last}`,
    };
  }
  if (stepText !== undefined && first !== undefined && last === undefined) {
    return {
      message: `${field.name}: "${item}" steps from a single value`,
      hint: `write ${first}-${field.max}/${stepText}`,
    };
  }
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1 || step > field.max) {
    return { message: `${field.name}: the step ${step} is not between 1 and ${field.max}` };
  }
  for (let value = low; value <= high; value += step) values.add(value);
  return null;
}

function numberOf(text: string, field: Field): number | undefined {
  const word = field.words?.indexOf(text.toLowerCase()) ?? -1;
  if (word !== -1) return word + field.min;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : undefined;
}

function outOfRange(text: string, field: Field): CronProblem {
  const names = field.words === undefined ? '' : ` or ${field.words.slice(0, 2).join(', ')} …`;
  return { message: `${field.name}: "${text}" is not ${field.min} to ${field.max}${names}` };
}

const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** With the day of the week restricted too, cron takes either day, so only a lone date can be impossible. */
function neverDue(parts: readonly string[], values: readonly Set<number>[]): CronProblem | null {
  if (parts[4] !== '*') return null;
  const days = [...(values[2] ?? [])];
  const possible = [...(values[3] ?? [])].some((month) =>
    days.some((day) => day <= (longestMonths[month - 1] ?? 31)),
  );
  return possible ? null : { message: `no month of ${parts[3]} has a day ${parts[2]}: it would never run` };
}
