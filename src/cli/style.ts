import type { OutputStream } from './cli-io.ts';

type Paint = (text: string) => string;

/** Colours by what they say, not by what they are; with colours off each returns its text. */
export interface Style {
  readonly strong: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly accent: Paint;
  readonly symbols: Symbols;
}

export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly undone: string;
  readonly pending: string;
  readonly skipped: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly spinner: readonly string[];
  /** The sides of a group of steps that run side by side: first, middle, last. */
  readonly group: readonly [string, string, string];
}

const drawn: Symbols = {
  done: '✓',
  failed: '✗',
  undone: '↺',
  pending: '·',
  skipped: '-',
  dot: '●',
  ellipsis: '…',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  group: ['╭', '│', '╰'],
};

const plain: Symbols = {
  done: '+',
  failed: 'x',
  undone: '<',
  pending: '.',
  skipped: '-',
  dot: '*',
  ellipsis: '...',
  spinner: ['|', '/', '-', '\\'],
  group: ['/', '|', '\\'],
};

const paint =
  (open: number, close: number): Paint =>
  (text) =>
    text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`;
const asItIs: Paint = (text) => text;

export function createStyle(colours: boolean, symbols: Symbols): Style {
  if (!colours) {
    return { strong: asItIs, dim: asItIs, good: asItIs, bad: asItIs, warn: asItIs, accent: asItIs, symbols };
  }
  return {
    strong: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    warn: paint(33, 39),
    accent: paint(36, 39),
    symbols,
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

/** NO_COLOR and `--no-color` win; FORCE_COLOR colours what is no terminal. */
export function wantsColours(stream: OutputStream, variables: Variables, refused: boolean): boolean {
  if (refused || variables['NO_COLOR']) return false;
  if (variables['FORCE_COLOR'] && variables['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && variables['TERM'] !== 'dumb';
}

/** ASCII where the locale or the terminal says that it cannot show more. */
export function symbolsFor(variables: Variables): Symbols {
  const locale = variables['LC_ALL'] || variables['LC_CTYPE'] || variables['LANG'] || 'C.UTF-8';
  const isPlain = !/utf-?8/i.test(locale) || variables['TERM'] === 'linux' || variables['TERM'] === 'dumb';
  return isPlain ? plain : drawn;
}
