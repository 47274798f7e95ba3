import type { ControlResponse } from '../../api/control.ts';
import type { Style } from '../style.ts';
import { textWidth, wrapText } from '../text-width.ts';
import { ago } from './ago.ts';
import { releaseName } from './release-name.ts';
import { tableLines } from './table.ts';

type Status = ControlResponse<'status'>;
export type EnvironmentOverview = Status['environments'][number];

export interface StatusView {
  readonly style: Style;
  readonly width: number;
  readonly now: number;
}

/** All environments at a glance, by app. Pure. */
export function statusLines(status: Status, view: StatusView): string[] {
  const apps = Map.groupBy(status.environments, ({ id }) => id.slice(0, id.indexOf('/')));
  const lines = [...apps].flatMap(([app, environments], index) => [
    ...(index === 0 ? [] : ['']),
    view.style.strong(app),
    ...environmentLines(environments, view),
  ]);
  const lost = status.hosts.filter(({ reachable }) => !reachable);
  const hosts = lost.map(({ name, reason }) =>
    view.style.bad(`Host ${name} does not answer${reason === null ? '' : `: ${reason}`}`),
  );
  return [...lines, ...(hosts.length > 0 ? ['', ...hosts] : [])];
}

function environmentLines(environments: readonly EnvironmentOverview[], view: StatusView): string[] {
  const { style, width } = view;
  const rows = environments.map((environment) => overviewCells(environment, view));
  const withUrl = tableLines(
    rows.map((cells, index) => [...cells, urlCell(environments[index])]),
    Number.POSITIVE_INFINITY,
    '  ',
  );
  // An address is there to be copied: it gets a line of its own before it is cut.
  const fits = withUrl.every((line) => textWidth(line) < width);
  const heads = fits ? withUrl : tableLines(rows, width, '  ');
  return environments.flatMap((environment, index) => [
    heads[index] ?? '',
    ...(fits ? [] : environment.urls.map((url) => `      ${style.accent(url)}`)),
    ...remarks(environment, view).flatMap((remark) =>
      wrapText(remark, Math.min(width, 120) - 7).map((line) => `      ${style.warn(line)}`),
    ),
  ]);

  function urlCell(environment: EnvironmentOverview | undefined): string {
    return (environment?.urls ?? []).map((url) => style.accent(url)).join(' ');
  }
}

function overviewCells(environment: EnvironmentOverview, { style, now }: StatusView): string[] {
  const { id, release, deployedAt, instances } = environment;
  const name = id.slice(id.indexOf('/') + 1);
  if (release === null) return [name, stateText(environment, style)];
  return [
    name,
    stateText(environment, style),
    releaseName(release),
    `${instances.running}/${instances.wanted}`,
    style.dim(deployedAt === null ? '' : ago(deployedAt, now)),
  ];
}

export function stateText(
  { state, maintenance }: Pick<EnvironmentOverview, 'state' | 'maintenance'>,
  style: Style,
): string {
  const { dot } = style.symbols;
  if (maintenance) return `${style.warn(dot)} maintenance`;
  switch (state) {
    case 'serving':
      return `${style.good(dot)} serving`;
    case 'degraded':
      return `${style.warn(dot)} degraded`;
    case 'down':
      return `${style.bad(dot)} down`;
    case 'never-deployed':
      return `${style.dim(dot)} never deployed`;
    case 'unknown':
      return `${style.warn(dot)} unknown`;
  }
}

/** What is not as it should be, a sentence each. */
export function remarks(environment: EnvironmentOverview, { now }: Pick<StatusView, 'now'>): string[] {
  const { state, reason, lastOperation, configChanged } = environment;
  const found: string[] = [];
  if (state !== 'serving' && reason !== null) found.push(reason);
  if (lastOperation !== null && lastOperation.state !== 'finished') {
    found.push(
      `${lastOperation.kind} under way (${lastOperation.id}), asked for ${ago(lastOperation.createdAt, now)}`,
    );
  } else if (
    lastOperation !== null &&
    lastOperation.failure !== null &&
    lastOperation.outcome !== 'cancelled'
  ) {
    const when = ago(lastOperation.finishedAt ?? lastOperation.createdAt, now);
    found.push(
      `${lastOperation.kind} ${lastOperation.outcome ?? ''} ${when}: ${lastOperation.failure.message}`,
    );
  }
  if (configChanged) found.push('Configuration was changed; it is in force with the next deploy.');
  return found;
}
