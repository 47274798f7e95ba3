export type Figure =
  | number
  | string
  | boolean
  | null
  | readonly Figure[]
  | { readonly [name: string]: Figure };
export type Figures = Readonly<Record<string, Figure>>;

/** One figure to reach. */
export interface Goal {
  readonly what: string;
  readonly wanted: string;
  readonly reached: string;
  readonly met: boolean;
  /** Missing it makes the run fail; a missed speed only shows. */
  readonly correctness: boolean;
}

export interface Measured {
  readonly mainstay: Figures;
  /** Others measured in the same run, under the same load. */
  readonly peers: Readonly<Record<string, Figures>>;
  /** Others that this machine does not have. */
  readonly absent: readonly string[];
  readonly goals: readonly Goal[];
}

export interface BenchmarkContext {
  /** A few minutes at most, as CI wants it, instead of the full length. */
  readonly short: boolean;
  /** `--rate 50` → `rate`: `50`. */
  readonly options: ReadonlyMap<string, string>;
  /** Tells a person how far it is; never part of the result. */
  readonly say: (line: string) => void;
  /** Aborts on Ctrl-C; everything that was started is then stopped and removed. */
  readonly signal: AbortSignal;
}

export interface Benchmark {
  readonly summary: string;
  /** Names of the options that it takes, with what they mean. */
  readonly options: Readonly<Record<string, string>>;
  run(context: BenchmarkContext): Promise<Measured>;
}

/** The whole number given for an option, else `otherwise`. Throws on anything that is not one above zero. */
export function countOption(context: BenchmarkContext, name: string, otherwise: number): number {
  const text = context.options.get(name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} takes a whole number above zero, not "${text}".`);
  return value;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return round((low + high) / 2);
}

/** One decimal is what a repeated run can confirm. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
