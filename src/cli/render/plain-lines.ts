import type { OperationEventView } from '../../api/operation-events.ts';
import { formatDuration, millis } from '../../core/units.ts';
import type { Style } from '../style.ts';
import { showableText } from '../text-width.ts';
import { waitingText } from './operation-lines.ts';
import { operationName } from './operation-names.ts';
import type { OperationProgress } from './operation-progress.ts';

/**
 * What one event adds to a log that nobody redraws: no times of day, so that two runs can be compared.
 * `progress` is the state after the event. Pure.
 */
export function plainLines(event: OperationEventView, progress: OperationProgress, style: Style): string[] {
  const { symbols } = style;
  const title = (id: string): string => progress.steps?.find((step) => step.id === id)?.title ?? id;
  switch (event.type) {
    case 'accepted':
      return [operationName(event.data.kind, event.data.environment)];
    case 'queued-behind':
      return [waitingText(event.data.ahead)];
    case 'resumed':
      return ['Taken up again after an interruption.'];
    case 'planned':
      return [style.strong(event.data.summary)];
    case 'step-progress': {
      const { step, progress: progressed } = event.data;
      if (progressed.type === 'output') return [style.dim(`  | ${showableText(progressed.text, false)}`)];
      return step === null && progressed.type === 'note' ? [`  ${showableText(progressed.text, false)}`] : [];
    }
    case 'step-done': {
      const note = progress.steps?.find((step) => step.id === event.data.step)?.note;
      const time = formatDuration(millis(event.data.durationMs));
      return [
        `${style.good(symbols.done)} ${title(event.data.step)} ${style.dim(`(${note ? `${note}, ` : ''}${time})`)}`,
      ];
    }
    case 'step-failed': {
      const { failure, then } = event.data;
      const mark = then === 'compensate' ? style.bad(symbols.failed) : style.warn('!');
      return [
        `${mark} ${title(event.data.step)}: ${failure.message}${then === 'retry' ? ' Trying again.' : ''}`,
      ];
    }
    case 'cancel-requested':
      return ['Cancelling.'];
    case 'compensating':
      return ['Taking back what was done.'];
    case 'step-compensated':
      return [`${style.warn(symbols.undone)} ${title(event.data.step)}: taken back`];
    case 'compensation-failed':
      return [
        `${style.bad(symbols.failed)} ${title(event.data.step)}: cannot be taken back: ${event.data.failure.message}`,
      ];
    default:
      return [];
  }
}
