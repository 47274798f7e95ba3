import type { DraftCheck, DraftData, DraftService, Recipe, Step } from './recipe.ts';

/** Lines of one section; empty when the section is not needed. */
type Lines = readonly string[];

/** Writes a recipe as `mainstay.yaml`, with the comments that explain choices a reader would wonder about. */
export function writeDraft(app: string, recipe: Recipe): string {
  const sections: Lines[] = [
    [`app: ${app}`],
    buildLines(recipe),
    configurationLines(recipe.configuration),
    ['services:', ...separated(recipe.services.map(serviceLines)).map(indent)],
    releaseLines(recipe.before),
    dataLines(recipe.data),
    checkLines(recipe.checks),
    environmentLines(app, recipe),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function buildLines({ build, buildEnvironment, cache, ignore }: Recipe): Lines {
  const lines: string[] = [];
  if (build.length > 0) {
    lines.push('commands:');
    for (const { command, why } of build) lines.push(...comment(why).map(indent), `  - ${scalar(command)}`);
    if (Object.keys(buildEnvironment).length > 0) lines.push(`environment: ${flowMap(buildEnvironment)}`);
    if (cache.length > 0)
      lines.push('# What the build keeps here makes the next one faster.', `cache: ${flowList(cache)}`);
  }
  if (ignore.length > 0) lines.push(`ignore: ${flowList(ignore)}`);
  return lines.length === 0 ? [] : ['build:', ...lines.map(indent)];
}

function configurationLines(configuration: Recipe['configuration']): Lines {
  if (Object.keys(configuration).length === 0) return [];
  return ['# Variables of every process, in every environment.', `configuration: ${flowMap(configuration)}`];
}

function serviceLines(service: DraftService): Lines {
  const lines = [...comment(service.why), ...commandLines(service.command)];
  if (service.health !== undefined) {
    lines.push(
      '# A new instance gets traffic only after it answered here with 200.',
      `health: ${scalar(service.health)}`,
    );
  } else if (service.web) {
    lines.push(
      '# Without a health URL an instance counts as ready as soon as its port is open. Once there is one:',
      '# health: /health',
    );
  }
  return [`${service.name}:`, ...lines.map(indent)];
}

function commandLines(command: string | readonly string[]): Lines {
  if (typeof command === 'string') return [`command: ${scalar(command)}`];
  return [
    'command:',
    ...command.flatMap((word) =>
      word.includes('\n')
        ? [
            '  - |',
            ...word
              .trimEnd()
              .split('\n')
              .map((line) => `    ${line}`),
          ]
        : [`  - ${scalar(word)}`],
    ),
  ];
}

function releaseLines(before: readonly Step[]): Lines {
  if (before.length === 0) return [];
  const [only, second] = before;
  if (only !== undefined && second === undefined) {
    return ['release:', ...comment(only.why).map(indent), `  before: ${scalar(only.command)}`];
  }
  return [
    'release:',
    '  before:',
    ...before.flatMap(({ command, why }) => [
      ...comment(why).map((line) => `    ${line}`),
      `    - ${scalar(command)}`,
    ]),
  ];
}

function dataLines(data: readonly DraftData[]): Lines {
  if (data.length === 0) return [];
  const lines = data.flatMap(({ name, type, path, env, why }) => [
    ...comment(why),
    `${name}: { type: ${type}, path: ${flowScalar(path)}, env: ${env} }`,
  ]);
  return [
    '# Outlives every release. The app finds each by the absolute path in its variable.',
    'data:',
    ...lines.map(indent),
  ];
}

function checkLines(checks: readonly DraftCheck[]): Lines {
  if (checks.length === 0) return [];
  const lines = checks.flatMap((check) => [
    ...comment(check.why),
    'path' in check
      ? `${check.name}: { http: { path: ${flowScalar(check.path)} } }`
      : `${check.name}: { command: ${flowScalar(check.command)} }`,
  ]);
  return ['checks:', ...lines.map(indent)];
}

function environmentLines(app: string, { services, secrets }: Recipe): Lines {
  const isReached = services.some(({ web }) => web);
  const secretLines = secrets.length === 0 ? [] : [`secrets: ${flowList(secrets)}`];
  const staging = [...(isReached ? [`domain: staging.${app}.localhost`] : []), ...secretLines];
  const production = [
    ...(isReached
      ? [
          '# Names under .localhost reach this machine only; the real domain goes here.',
          `domain: ${app}.localhost`,
        ]
      : []),
    ...secretLines,
    '# Takes only a release that was verified in staging, byte for byte.',
    'promote_from: staging',
  ];
  const block = (name: string, lines: readonly string[]) =>
    lines.length === 0 ? [`${name}: {}`] : [`${name}:`, ...lines.map(indent)];
  return [
    'environments:',
    ...separated([block('staging', staging), block('production', production)]).map(indent),
  ];
}

const indent = (line: string) => (line === '' ? '' : `  ${line}`);
const comment = (why: string | undefined): string[] => (why === undefined ? [] : [`# ${why}`]);
const separated = (blocks: readonly Lines[]): string[] =>
  blocks.flatMap((lines, index) => (index === 0 ? [...lines] : ['', ...lines]));

const flowList = (values: readonly string[]) => `[${values.map(flowScalar).join(', ')}]`;
const flowMap = (values: Readonly<Record<string, string>>) =>
  `{ ${Object.entries(values)
    .map(([key, value]) => `${key}: ${flowScalar(value)}`)
    .join(', ')} }`;

/** As plain text where YAML reads it back as the same text, else in double quotes, which JSON's are. */
function scalar(value: string): string {
  const reads = /^[A-Za-z/.][^\0-\x1f\x7f\u0080-\uffff]*$/.test(value) && !/: |:$| #|\s$/.test(value);
  return reads && !isReserved(value) ? value : JSON.stringify(value);
}

const flowScalar = (value: string) => (/[,[\]{}]/.test(value) ? JSON.stringify(value) : scalar(value));
const isReserved = (value: string) => /^(true|false|null|\.nan|\.inf|yes|no|on|off|[.\d]+)$/i.test(value);
