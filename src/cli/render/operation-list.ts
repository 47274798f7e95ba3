import type { OperationDetail, OperationSummary } from '../../api/control.ts';
import { formatDuration, millis } from '../../core/units.ts';
import type { Style } from '../style.ts';
import { wrapText } from '../text-width.ts';
import { ago, localTime } from './ago.ts';
import { operationName } from './operation-names.ts';
import { tableLines } from './table.ts';

export interface ListView {
  readonly style: Style;
  readonly width: number;
  readonly now: number;
}

/** One line an operation, newest first. */
export function operationListLines(operations: readonly OperationSummary[], view: ListView): string[] {
  const { style, now, width } = view;
  const rows = operations.map((operation) => [
    outcomeMark(operation, style),
    operation.id,
    style.dim(ago(operation.createdAt, now)),
    stateWord(operation),
    operation.summary ?? operationName(operation.kind, operation.environment),
  ]);
  return tableLines(rows, width);
}

export function operationDetailLines(operation: OperationDetail, { style, now, width }: ListView): string[] {
  const { failure } = operation;
  const heading = operation.summary ?? operationName(operation.kind, operation.environment);
  const begun = operation.startedAt;
  const took = begun === null ? null : formatDuration(millis((operation.finishedAt ?? now) - begun));
  const head = [
    `${outcomeMark(operation, style)} ${style.strong(heading)}`,
    style.dim(
      `  ${operation.id} · ${stateWord(operation)} · asked for by ${operation.requestedBy} at ${localTime(operation.createdAt)}${took === null ? '' : ` · ${took}`}`,
    ),
  ];
  const steps = operation.steps.map((step) => [
    stepMark(step.state, style),
    step.startedAt !== null && step.finishedAt !== null
      ? formatDuration(millis(step.finishedAt - step.startedAt)).padStart(7)
      : '       ',
    step.title,
  ]);
  const wrapped =
    failure === null
      ? []
      : wrapText(
          `${failure.message}${failure.hint === undefined ? '' : ` ${failure.hint}`}`,
          Math.min(width, 100) - 3,
        );
  return [...head, ...tableLines(steps, width, '  '), ...wrapped.map((line) => `  ${style.bad(line)}`)];
}

export function outcomeMark(operation: Pick<OperationSummary, 'state' | 'outcome'>, style: Style): string {
  const { symbols } = style;
  if (operation.state !== 'finished') return style.accent(symbols.dot);
  if (operation.outcome === 'succeeded') return style.good(symbols.done);
  return operation.outcome === 'rolled-back' ? style.warn(symbols.undone) : style.bad(symbols.failed);
}

function stateWord({ state, outcome }: Pick<OperationSummary, 'state' | 'outcome'>): string {
  return state === 'finished' ? (outcome ?? 'finished') : state;
}

function stepMark(state: OperationDetail['steps'][number]['state'], style: Style): string {
  const { symbols } = style;
  switch (state) {
    case 'done':
      return style.good(symbols.done);
    case 'failed':
      return style.bad(symbols.failed);
    case 'compensated':
      return style.warn(symbols.undone);
    case 'started':
    case 'compensating':
      return style.accent(symbols.dot);
    case 'pending':
    case 'skipped':
      return style.dim(symbols.pending);
  }
}
