import { styleText } from 'node:util';
import type { TestResult } from './test-events.ts';
import type { FileResult } from './test-file.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');

/** One line for a file; its skipped tests with their reasons, and its failures with all that is known, below it. */
export function printFile(file: FileResult): void {
  const passed = count(file.results, 'passed');
  const failed = count(file.results, 'failed');
  const skipped = count(file.results, 'skipped');
  const mark = failed > 0 ? styleText('red', '✗') : styleText('green', '✓');
  const parts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  say(`${mark} ${file.path} ${styleText('dim', `${parts.join(', ')}, ${seconds(file.ms)}`)}`);
  for (const { name, outcome, detail } of file.results) {
    if (outcome === 'skipped') say(styleText('yellow', `    skipped: ${name} (${detail})`));
  }
  if (file.files.length > 0) {
    say(styleText('yellow', `    left in its temporary directory: ${file.files.slice(0, 5).join(', ')}`));
  }
  if (failed > 0) printFailures(file);
}

/** Returns whether the run counts as passed: some test ran and none failed. */
export function printSummary(files: readonly FileResult[]): boolean {
  const all = files.flatMap(({ results }) => results);
  const failed = count(all, 'failed');
  const passed = count(all, 'passed');
  const slow = [...files].sort((a, b) => b.ms - a.ms).slice(0, 5);
  if (files.length > 5) say(`\nSlowest: ${slow.map(({ path, ms }) => `${path} ${seconds(ms)}`).join(', ')}`);
  const broken = files.filter(({ results }) => count(results, 'failed') > 0);
  if (broken.length > 0) say(`\nFailed:`);
  for (const file of broken) {
    for (const { name, outcome } of file.results) {
      if (outcome === 'failed') say(`  ${file.path}: ${name}`);
    }
  }
  if (passed + failed === 0) say('\nNo test ran.');
  say(`\n${passed} passed, ${failed} failed, ${count(all, 'skipped')} skipped`);
  return failed === 0 && passed > 0;
}

function printFailures({ results, output }: FileResult): void {
  for (const { name, outcome, detail } of results) {
    if (outcome === 'failed') say(indent(`${styleText('red', `✗ ${name}`)}\n${detail.trimEnd()}\n`));
  }
  if (output !== '') say(indent(`${styleText('dim', 'It printed:')}\n${output}\n`));
}

function count(results: readonly TestResult[], outcome: TestResult['outcome']): number {
  return results.filter((result) => result.outcome === outcome).length;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
