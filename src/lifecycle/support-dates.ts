/**
 * Until when the makers of operating systems and runtimes promise security updates to everybody.
 * Sources: wiki.debian.org/LTS, ubuntu.com/about/release-cycle, github.com/nodejs/Release, devguide.python.org/versions
 */
export const supportDatesAsOf = '2026-11-01';

interface Product {
  readonly name: string;
  /** How the cycle is read from what a host reports; the first group is the cycle. */
  readonly pattern: RegExp;
  /** Last day with security updates, by cycle. */
  readonly until: Readonly<Record<string, string>>;
}

const systems: readonly Product[] = [
  {
    name: 'Debian',
    pattern: /^Debian GNU\/Linux (\d+)/,
    // Long-term support included: it is free, though it covers fewer architectures.
    until: { '10': '2024-06-30', '11': '2026-08-31', '12': '2028-06-30', '13': '2030-06-30' },
  },
  {
    name: 'Ubuntu',
    pattern: /^Ubuntu (\d+\.\d+)/,
    until: {
      '18.04': '2023-05-31',
      '20.04': '2025-05-31',
      '22.04': '2027-04-01',
      '24.04': '2029-05-31',
      '25.04': '2026-01-17',
      '25.10': '2026-07-01',
      '26.04': '2031-04-30',
    },
  },
];

const runtimes: Readonly<Record<string, Product>> = {
  node: {
    name: 'Node.js',
    pattern: /^v?(\d+)\./,
    until: {
      '16': '2023-09-11',
      '18': '2025-04-30',
      '20': '2026-04-30',
      '21': '2024-06-01',
      '22': '2027-04-30',
      '23': '2025-06-01',
      '24': '2028-04-30',
      '25': '2026-06-01',
      '26': '2029-04-30',
    },
  },
  python3: {
    name: 'Python',
    pattern: /^(?:Python )?(3\.\d+)/,
    until: {
      '3.8': '2024-10-07',
      '3.9': '2025-10-31',
      '3.10': '2026-10-31',
      '3.11': '2027-10-31',
      '3.12': '2028-10-31',
      '3.13': '2029-10-31',
      '3.14': '2030-10-31',
    },
  },
};

export interface Support {
  /** `Debian 12`. */
  readonly product: string;
  /** Last day with security updates; null: this version of Mainstay does not know. */
  readonly until: string | null;
}

/** `os` as `/etc/os-release` names it: `Debian GNU/Linux 12 (bookworm)`. */
export function systemSupport(os: string): Support {
  for (const product of systems) {
    const support = supportOf(product, os);
    if (support !== undefined) return support;
  }
  return { product: os, until: null };
}

/** Undefined for a program that has no cycle of its own here, such as npm. */
export function runtimeSupport(program: string, version: string): Support | undefined {
  const product = runtimes[program === 'python' ? 'python3' : program];
  if (product === undefined) return undefined;
  return supportOf(product, version) ?? { product: `${product.name} ${version}`, until: null };
}

function supportOf({ name, pattern, until }: Product, text: string): Support | undefined {
  const cycle = pattern.exec(text)?.[1];
  return cycle === undefined ? undefined : { product: `${name} ${cycle}`, until: until[cycle] ?? null };
}
