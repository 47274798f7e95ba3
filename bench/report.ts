import type { Figure, Figures, Goal, Measured } from './benchmark.ts';

/** What a person reads: the figures of each side by side, and what was to be reached. */
export function reportLines(name: string, machine: Figures, measured: Measured): string[] {
  const columns: [string, Figures][] = [['mainstay', measured.mainstay], ...Object.entries(measured.peers)];
  const lines = [`${name} on ${showMachine(machine)}`, '', ...table(columns), ''];
  for (const [who, figures] of columns) lines.push(...lists(who, figures));
  if (measured.absent.length > 0) lines.push(`Not on this machine: ${measured.absent.join(', ')}`, '');
  lines.push(...measured.goals.map(showGoal));
  return lines;
}

function showMachine({ cpu, cores, memoryGb, kernel, node }: Figures): string {
  return `${show(cpu)}, ${show(cores)} cores, ${show(memoryGb)} GB, Linux ${show(kernel)}, Node ${show(node)}`;
}

/** One row for each plain figure; a figure that holds others gets a row for each of those. */
function table(columns: readonly [string, Figures][]): string[] {
  const flat = columns.map(([who, figures]) => [who, new Map(rowsOf(figures))] as const);
  const names = new Set(flat.flatMap(([, rows]) => [...rows.keys()]));
  const first = Math.max(...[...names].map((row) => row.length));
  const widths = flat.map(([who, rows]) =>
    Math.max(who.length, ...[...rows.values()].map((cell) => cell.length)),
  );
  const line = (head: string, cells: readonly string[]): string =>
    `  ${head.padEnd(first)}${cells.map((cell, index) => `  ${cell.padStart(widths[index] ?? 0)}`).join('')}`;
  return [
    line(
      '',
      flat.map(([who]) => who),
    ),
    ...[...names].map((row) =>
      line(
        row,
        flat.map(([, rows]) => rows.get(row) ?? '-'),
      ),
    ),
  ];
}

function* rowsOf(figures: Figures, prefix = ''): Generator<[string, string]> {
  for (const [name, figure] of Object.entries(figures)) {
    if (isList(figure)) continue;
    if (typeof figure === 'object' && figure !== null) yield* rowsOf(figure, `${prefix}${name} `);
    else yield [`${prefix}${name}`, show(figure)];
  }
}

function lists(who: string, figures: Figures): string[] {
  return Object.entries(figures).flatMap(([name, figure]) =>
    isList(figure) && figure.length > 0
      ? [`${who}, ${name}:`, ...figure.map((entry) => `  ${show(entry)}`), '']
      : [],
  );
}

function showGoal({ what, wanted, reached, met, correctness }: Goal): string {
  const verdict = met ? 'reached' : correctness ? 'FAILED' : 'missed';
  return `${verdict.padEnd(8)} ${what}: ${reached} (to reach: ${wanted})`;
}

function isList(figure: Figure | undefined): figure is readonly Figure[] {
  return Array.isArray(figure);
}

function show(figure: Figure | undefined): string {
  if (figure === undefined || figure === null) return '-';
  return typeof figure === 'object' ? JSON.stringify(figure) : String(figure);
}
