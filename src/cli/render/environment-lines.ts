import type { ControlResponse } from '../../api/control.ts';
import { bytes, formatBytes } from '../../core/units.ts';
import type { Style } from '../style.ts';
import { wrapText } from '../text-width.ts';
import { ago, until } from './ago.ts';
import { releaseName } from './release-name.ts';
import { remarks, type StatusView, stateText } from './status-lines.ts';
import { tableLines } from './table.ts';

type Environment = ControlResponse<'environment'>;

/** One environment with its instances, jobs and data. Pure. */
export function environmentLines(environment: Environment, view: StatusView): string[] {
  const { style, width, now } = view;
  const { release, deployedAt, previousRelease, urls } = environment;
  const serves =
    release === null
      ? ''
      : ` ${releaseName(release)}${deployedAt === null ? '' : style.dim(`, since ${ago(deployedAt, now)}`)}`;
  const lines = [`${style.strong(environment.id)}  ${stateText(environment, style)}${serves}`];
  lines.push(
    ...remarks(environment, view).flatMap((remark) =>
      wrapText(remark, Math.min(width, 120) - 3).map((line) => `  ${style.warn(line)}`),
    ),
  );
  lines.push(...urls.map((url) => `  ${style.accent(url)}`));
  if (previousRelease !== null)
    lines.push(style.dim(`  A rollback would bring back ${releaseName(previousRelease)}.`));
  return [
    ...lines,
    ...instanceLines(environment, view),
    ...jobLines(environment, view),
    ...dataLines(environment, view),
  ];
}

function instanceLines({ instanceList }: Environment, { style, width, now }: StatusView): string[] {
  if (instanceList.length === 0) return [];
  const head = ['instance', 'state', 'release', 'port', 'pid', 'memory', 'restarts', 'started'].map(
    style.dim,
  );
  const rows = instanceList.map((instance) => [
    shortName(instance),
    instanceState(instance, style),
    instance.release,
    instance.port === null ? '' : String(instance.port),
    instance.pid === null ? '' : String(instance.pid),
    instance.memoryBytes === null ? '' : formatBytes(bytes(instance.memoryBytes)),
    String(instance.restarts),
    instance.startedAt === null ? '' : ago(instance.startedAt, now),
  ]);
  const exits = instanceList
    .filter(({ lastExit }) => lastExit !== null)
    .map((instance) => style.warn(`  ${shortName(instance)} last ended: ${instance.lastExit}`));
  return ['', ...tableLines([head, ...rows], width, '  '), ...exits];
}

/** `web.0`: the id says more, and takes half the line. */
function shortName({ id, service }: Environment['instanceList'][number]): string {
  const ordinal = id.slice(id.lastIndexOf('.') + 1);
  return /^\d+$/.test(ordinal) ? `${service}.${ordinal}` : id;
}

function instanceState({ state, healthy }: Environment['instanceList'][number], style: Style): string {
  if (state !== 'running') return state === 'starting' ? style.warn(state) : style.bad(state);
  return healthy === false ? style.warn('unhealthy') : style.good(healthy === true ? 'healthy' : 'running');
}

function jobLines({ jobs }: Environment, { style, width, now }: StatusView): string[] {
  if (jobs.length === 0) return [];
  const head = ['job', 'schedule', 'next', 'last'].map(style.dim);
  const rows = jobs.map(({ name, schedule, timezone, nextAt, last }) => [
    name,
    `${schedule} ${timezone}`,
    nextAt === null ? '' : until(nextAt, now),
    last === null
      ? 'never ran'
      : `${last.state}${last.at === null ? '' : ` ${ago(last.at, now)}`}${last.reason === null ? '' : `: ${last.reason}`}`,
  ]);
  return ['', ...tableLines([head, ...rows], width, '  ')];
}

function dataLines({ data }: Environment, { style, width, now }: StatusView): string[] {
  if (data.length === 0) return [];
  const head = ['data', 'size', 'changed', 'where'].map(style.dim);
  const rows = data.map(({ name, bytes: size, modifiedAt, directory }) => [
    name,
    formatBytes(bytes(size)),
    modifiedAt === null ? '' : ago(modifiedAt, now),
    directory,
  ]);
  return ['', ...tableLines([head, ...rows], width, '  ')];
}
