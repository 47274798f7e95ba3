import type { ProjectFacts } from './project-facts.ts';
import { firstFile, hasFile } from './project-facts.ts';
import type { Step } from './recipe.ts';

/** Inside the release; a virtual environment would hold absolute paths and break when the release moves. */
const folder = '.python';
const install = `python3 -m pip install --no-warn-script-location --target ${folder}`;

export interface PythonBuild {
  readonly folder: string;
  readonly steps: readonly Step[];
  readonly notes: readonly string[];
}

/** `needs`: packages that the start command uses and the project does not ask for itself. */
export function planPythonBuild(facts: ProjectFacts, needs: readonly string[]): PythonBuild {
  const requirements = firstFile(facts, [
    'requirements.txt',
    'requirements/production.txt',
    'requirements/base.txt',
  ]);
  const what = [...(requirements === undefined ? project(facts) : [`-r ${requirements}`]), ...needs];
  const notes: string[] = [];
  if (needs.length > 0) {
    const file = requirements ?? 'the dependencies of the project';
    notes.push(
      `The build installs ${needs.join(' and ')} in addition; pin it in ${file} and take it out of build.commands.`,
    );
  }
  const lock = firstFile(facts, ['poetry.lock', 'uv.lock', 'Pipfile.lock', 'pdm.lock']);
  if (lock !== undefined && requirements === undefined) {
    notes.push(
      `pip does not read ${lock}: export it to requirements.txt, so that the same source gives the same release.`,
    );
  }
  return {
    folder,
    steps:
      what.length === 0
        ? []
        : [
            {
              command: `${install} ${what.join(' ')}`,
              why: 'Into a plain folder and not a virtual environment, which would break when the release moves to its place.',
            },
          ],
    notes,
  };
}

function project(facts: ProjectFacts): string[] {
  const isPackage = /^\[(project|build-system|tool\.poetry)\]/m.test(facts.read('pyproject.toml') ?? '');
  return isPackage || hasFile(facts, 'setup.py') ? ['.'] : [];
}

/** Lower-case names of the packages that the project asks for, as far as its files tell. */
export function pythonPackages(facts: ProjectFacts): ReadonlySet<string> {
  const lines = facts.files
    .filter(
      (name) => /(^|\/)requirements[\w/-]*\.txt$/.test(name) || /(^|\/)requirements\/[\w-]+\.txt$/.test(name),
    )
    .flatMap((name) => (facts.read(name) ?? '').split('\n'))
    .map((line) => /^\s*([A-Za-z0-9][\w.-]*)/.exec(line)?.[1]);
  const quoted = [
    ...(facts.read('pyproject.toml') ?? '').matchAll(
      /["']([A-Za-z0-9][\w.-]*)\s*(?:\[[\w,\s-]*\])?\s*[<>=!~;"']/g,
    ),
  ];
  const keys = [...(facts.read('pyproject.toml') ?? '').matchAll(/^([A-Za-z0-9][\w.-]*)\s*=\s*["'{]/gm)];
  const names = [...lines, ...quoted.map((match) => match[1]), ...keys.map((match) => match[1])];
  return new Set(
    names.filter((name) => name !== undefined).map((name) => name.toLowerCase().replaceAll('_', '-')),
  );
}
