import { formatDuration, millis } from '../../core/units.ts';
import type { Style } from '../style.ts';
import { cutText, padText, showableText, textWidth, wrapText } from '../text-width.ts';
import { operationName } from './operation-names.ts';
import type { OperationProgress, StepProgress } from './operation-progress.ts';

export interface View {
  readonly width: number;
  /** Most lines that may be returned; steps that have ended, or are far off, are folded to keep to it. */
  readonly height: number;
  /** Milliseconds since the epoch, for what is still running. */
  readonly now: number;
  /** Counts the frames, for the spinner. */
  readonly frame: number;
  readonly style: Style;
}

interface Block {
  readonly step: StepProgress;
  readonly lines: readonly string[];
}

const widest = 100;
const durationWidth = 8;

/** The picture of an operation under way: a heading, then a line for each step. Pure. */
export function operationLines(progress: OperationProgress, view: View): string[] {
  const width = Math.min(view.width, widest);
  const { style } = view;
  const heading = progress.summary ?? operationName(progress.kind, progress.environment);
  const lines = [style.strong(cutText(heading, width - 1, style.symbols.ellipsis))];
  if (progress.state === 'queued') lines.push(style.dim(`  ${waitingText(progress.ahead)}`));
  const blocks = allSteps(progress, view.now).map((step, index, steps) => ({
    step,
    lines: stepLines(step, groupMark(steps, index, style), progress, { ...view, width }),
  }));
  return [...lines, ...fold(blocks, view.height - lines.length - 1, style), ...tail(progress, style)];
}

export function waitingText(ahead: number): string {
  return ahead === 1 ? 'Waiting: another operation comes first.' : `Waiting: ${ahead} operations come first.`;
}

/** Planning alone is over before anybody has read its line; only one that takes its time is shown. */
const shortPreparationMs = 500;

function allSteps(progress: OperationProgress, now: number): StepProgress[] {
  const { preparation, kind } = progress;
  const { startedAt } = preparation;
  const steps = progress.steps ?? [];
  if (startedAt === null) return [...steps];
  const isShort = (preparation.durationMs ?? now - startedAt) < shortPreparationMs;
  const isHidden = kind !== 'deploy' && isShort && preparation.state !== 'failed';
  return [...(isHidden ? [] : [{ ...preparation, title: preparationTitle(progress) }]), ...steps];
}

function preparationTitle({ kind }: OperationProgress): string {
  return kind === 'deploy' ? 'Build and plan' : 'Plan';
}

function tail(progress: OperationProgress, style: Style): string[] {
  if (progress.state === 'finished') return [];
  if (progress.state === 'compensating') return [style.warn('  Taking back what was done.')];
  return progress.cancelAsked ? [style.warn('  Cancelling.')] : [];
}

function stepLines(step: StepProgress, group: string, progress: OperationProgress, view: View): string[] {
  const { style, width } = view;
  const symbol = stepSymbol(step, view);
  const room = width - textWidth(`${group} ${symbol} `) - durationWidth - 1;
  const quiet = step.state === 'pending' || step.state === 'skipped';
  const title = cutText(step.title, room, style.symbols.ellipsis);
  const left = room - textWidth(title) - 2;
  const note =
    step.note === null || left < 8
      ? ''
      : `  ${style.dim(cutText(showableText(step.note, false), left, style.symbols.ellipsis))}`;
  const time = stepTime(step, view.now).padStart(durationWidth);
  const head = `${style.dim(group)} ${symbol} ${padText((quiet ? style.dim(title) : title) + note, room)}${style.dim(time)}`;
  const lines = [head.trimEnd()];
  if (step.state === 'running') {
    const last = progress.output.get(step.id)?.at(-1);
    if (last !== undefined)
      lines.push(style.dim(`      ${cutText(showableText(last, false), width - 7, style.symbols.ellipsis)}`));
  }
  if (step.state === 'warned' && step.failure !== null) {
    lines.push(...wrapText(step.failure.message, width - 7).map((line) => style.warn(`      ${line}`)));
  }
  return lines;
}

export function stepSymbol(
  step: Pick<StepProgress, 'state'>,
  { style, frame }: Pick<View, 'style' | 'frame'>,
): string {
  const { symbols } = style;
  switch (step.state) {
    case 'pending':
      return style.dim(symbols.pending);
    case 'skipped':
      return style.dim(symbols.skipped);
    case 'running':
      return style.accent(symbols.spinner[frame % symbols.spinner.length] ?? '');
    case 'undoing':
      return style.warn(symbols.spinner[frame % symbols.spinner.length] ?? '');
    case 'done':
      return style.good(symbols.done);
    case 'failed':
      return style.bad(symbols.failed);
    case 'warned':
      return style.warn('!');
    case 'undone':
      return style.warn(symbols.undone);
  }
}

function stepTime(step: StepProgress, now: number): string {
  if (step.durationMs !== null) return formatDuration(millis(step.durationMs));
  if (step.startedAt === null || step.state !== 'running') return '';
  // Tenths that race by draw the eye and say nothing.
  const elapsed = Math.max(0, now - step.startedAt);
  return elapsed < 1000 ? '' : formatDuration(millis(Math.floor(elapsed / 1000) * 1000));
}

/** Steps of one wave run side by side; a line along their left says so. */
export function groupMark(steps: readonly { readonly wave: number }[], index: number, style: Style): string {
  const wave = steps[index]?.wave;
  const isFirst = steps[index - 1]?.wave !== wave;
  const isLast = steps[index + 1]?.wave !== wave;
  if (isFirst && isLast) return ' ';
  const [first, middle, last] = style.symbols.group;
  return isFirst ? first : isLast ? last : middle;
}

function fold(blocks: readonly Block[], height: number, style: Style): string[] {
  const all = blocks.flatMap(({ lines }) => lines);
  if (all.length <= height) return all;
  const room = Math.max(1, height - 2);
  const started = blocks.findIndex(({ step }) => step.state !== 'done');
  const from = started === -1 ? blocks.length : started;
  const shown: string[] = [];
  let to = from;
  for (; to < blocks.length; to += 1) {
    const next = blocks[to]?.lines ?? [];
    if (shown.length + next.length > room) break;
    shown.push(...next);
  }
  let begin = from;
  while (begin > 0 && shown.length + (blocks[begin - 1]?.lines.length ?? 0) <= room) {
    begin -= 1;
    shown.unshift(...(blocks[begin]?.lines ?? []));
  }
  const before =
    begin === 0 ? [] : [`  ${style.good(style.symbols.done)} ${style.dim(`${countSteps(begin)} done`)}`];
  const rest = blocks.length - to;
  const after = rest === 0 ? [] : [`  ${style.dim(`${style.symbols.pending} ${countSteps(rest)} more`)}`];
  return [...before, ...shown, ...after].slice(0, Math.max(1, height));
}

function countSteps(count: number): string {
  return count === 1 ? '1 step' : `${count} steps`;
}
