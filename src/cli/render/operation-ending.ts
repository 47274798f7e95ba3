import type { ControlResponse } from '../../api/control.ts';
import { formatDuration, millis } from '../../core/units.ts';
import type { Style } from '../style.ts';
import { showableText, wrapText } from '../text-width.ts';
import { operationName } from './operation-names.ts';
import type { OperationProgress } from './operation-progress.ts';
import { releaseName } from './release-name.ts';

export type EnvironmentState = ControlResponse<'environment'>;

export interface Ending {
  readonly progress: OperationProgress;
  /** The environment as it is after the operation; null when it is gone or cannot be asked. */
  readonly environment: EnvironmentState | null;
  readonly style: Style;
  readonly width: number;
  /** Words a command as it must be typed here. */
  readonly command: (line: string) => string;
  readonly operation: string;
}

const widest = 100;

/** The last words on an operation: what came of it, what serves now, and what to do. Pure. */
export function endingLines(ending: Ending): string[] {
  const { progress, style } = ending;
  if (progress.outcome === 'succeeded') return successLines(ending);
  const mark =
    progress.outcome === 'rolled-back' ? style.warn(style.symbols.undone) : style.bad(style.symbols.failed);
  const [first = '', ...more] = wrapText(verdict(ending), Math.min(ending.width, widest) - 3);
  const lines = [`${mark} ${style.strong(first)}`, ...more.map((line) => `  ${style.strong(line)}`)];
  const { failure } = progress;
  if (failure !== null && progress.outcome !== 'cancelled') {
    lines.push(...indented(failure.message, ending));
    const issues = failure.details?.['issues'];
    if (Array.isArray(issues)) lines.push(...issues.map((issue) => `    ${String(issue)}`));
    if (failure.hint !== undefined) lines.push(...indented(failure.hint, ending));
  }
  lines.push(...servingLines(ending));
  lines.push(style.dim(`  Details: ${ending.command(`operations show ${ending.operation}`)}`));
  return lines;
}

/** What steps had printed and a picture that is redrawn could not show: all of a run, else of what failed. */
export function printedOutput({ progress, style }: Pick<Ending, 'progress' | 'style'>): string[] {
  const steps = [progress.preparation, ...(progress.steps ?? [])];
  const told = progress.kind === 'run' ? steps : steps.filter((step) => step.state === 'failed');
  const colours = style.dim('x') !== 'x';
  return told.flatMap((step) =>
    (progress.output.get(step.id) ?? []).map((line) => `${style.dim('  |')} ${showableText(line, colours)}`),
  );
}

/** What a command printed, as it printed it. */
export function rawOutput(progress: OperationProgress): string[] {
  return [...progress.output.values()].flat().map((line) => showableText(line, false));
}

function successLines({ progress, environment, style, command }: Ending): string[] {
  const name = progress.environment;
  const time = style.dim(`(${elapsed(progress)})`);
  const line = (text: string): string => `${style.good(style.symbols.done)} ${style.strong(text)} ${time}`;
  switch (progress.kind) {
    case 'deploy':
    case 'promote':
    case 'rollback': {
      if (environment === null) return [line(`${operationName(progress.kind, name)}: done.`)];
      const urls = environment.urls.map((url) => `  ${style.accent(url)}`);
      return [
        line(`${name} serves ${releaseName(environment.release)}.`),
        ...urls,
        ...notServing(environment, style),
      ];
    }
    case 'verify':
      return [line(`Every check of ${name} passed.`)];
    case 'down':
      return [
        line(`${name} is stopped. Its data, releases and configuration are kept.`),
        `  Start it again: ${command(`deploy ${name}`)}`,
      ];
    case 'destroy':
      return [line(`${name} is removed.`)];
    default:
      return [line(`${progress.summary ?? operationName(progress.kind, name)}: done.`)];
  }
}

function verdict({ progress }: Ending): string {
  const name = operationName(progress.kind, progress.environment);
  const time = elapsed(progress);
  switch (progress.outcome) {
    case 'failed':
      if (progress.kind === 'verify') return `${progress.environment} did not pass its checks (${time}).`;
      if (progress.kind === 'run') return `${progress.summary ?? name} failed after ${time}.`;
      return `${name} failed after ${time}. What serves was not changed.`;
    case 'rolled-back':
      return `${name} failed after the switch and was switched back, ${time} after its start.`;
    case 'cancelled':
      return `${name} was cancelled after ${time}. What had been done was taken back.`;
    case 'incomplete':
      return `${name} stopped half-way after ${time}: something could not be taken back. Please look.`;
    case 'succeeded':
    case null:
      return `${name} has not ended.`;
  }
}

/** The truth about what visitors get now, from the environment itself and not from what ought to be. */
function servingLines({ environment, progress, style }: Ending): string[] {
  // A command that was run says nothing about what serves.
  if (environment === null || progress.kind === 'run') return [];
  if (environment.release === null) {
    return environment.state === 'never-deployed'
      ? [`  Nothing was serving in ${progress.environment} before, and nothing is now.`]
      : notServing(environment, style);
  }
  const release = releaseName(environment.release);
  if (environment.state !== 'serving') return notServing(environment, style);
  return [`  ${release} ${servingVerb(progress)}: ${environment.urls.join(' ')}`];
}

/** Only these two outcomes tell what visitors got in the meantime. */
function servingVerb({ kind, outcome }: OperationProgress): string {
  if (kind !== 'verify' && outcome === 'failed') return 'kept serving';
  return outcome === 'rolled-back' ? 'serves again' : 'serves';
}

function notServing(environment: EnvironmentState, style: Style): string[] {
  if (environment.state === 'serving') return [];
  const reason = environment.reason === null ? '' : `: ${environment.reason}`;
  return [`  ${style.warn(`${environment.id} is ${environment.state}${reason}`)}`];
}

function indented(text: string, { width }: Ending): string[] {
  return wrapText(text, Math.min(width, widest) - 3).map((line) => `  ${line}`);
}

function elapsed({ startedAt, finishedAt }: OperationProgress): string {
  return formatDuration(millis(Math.max(0, (finishedAt ?? 0) - (startedAt ?? finishedAt ?? 0))));
}
