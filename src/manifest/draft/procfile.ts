import type { DraftService, Recipe, Step } from './recipe.ts';

/** The processes of a Procfile: its lines are what the author says, so they win over what was guessed. */
export function withProcfile(recipe: Recipe, procfile: string): Recipe {
  const run = 'PYTHONPATH' in recipe.configuration ? asModule : (command: string) => command;
  const health = recipe.services.find(({ web }) => web)?.health;
  const services: DraftService[] = [];
  const before: Step[] = [];
  for (const line of procfile.split(/\r?\n/)) {
    const match = /^([A-Za-z0-9_-]+):\s*(\S.*)$/.exec(line);
    if (match === null) continue;
    const [, type = '', command = ''] = match;
    if (type === 'release') {
      before.push({ command: run(command.trim()), why: 'The release line of the Procfile.' });
      continue;
    }
    const name = serviceName(type, services);
    const web = name === 'web';
    services.push({
      name,
      command: replacingShell(run(command.trim())),
      web,
      health: web ? health : undefined,
    });
  }
  if (services.length === 0) return recipe;
  return {
    ...recipe,
    services,
    before: before.length > 0 ? before : recipe.before,
    checks: services.some(({ web }) => web)
      ? recipe.checks
      : recipe.checks.filter((check) => 'command' in check),
    notes: [
      ...recipe.notes,
      'Services and commands are those of the Procfile. On this machine they should listen on 127.0.0.1, at $PORT.',
    ],
  };
}

function serviceName(type: string, taken: readonly DraftService[]): string {
  const plain =
    type
      .toLowerCase()
      .replaceAll('_', '-')
      .replace(/^[^a-z]+/, '')
      .slice(0, 36) || 'process';
  let name = plain;
  for (let count = 2; taken.some((service) => service.name === name); count += 1) name = `${plain}-${count}`;
  return name;
}

/** `exec` lets the program take the place of the shell, so that it gets the signal to stop. */
function replacingShell(command: string): string {
  const needsShell = /[$~*?`]/.test(command);
  const isOneProgram =
    !/[;&|()<>]/.test(command) && /^[\w./-]+( |$)/.test(command) && !/^(exec|cd|export)\b/.test(command);
  return needsShell && isOneProgram ? `exec ${command}` : command;
}

/** Programs of Python packages lie in no directory of PATH, but all of these are modules, too. */
function asModule(command: string): string {
  return command
    .replace(
      /^(gunicorn|uvicorn|celery|daphne|hypercorn|flask|waitress-serve|streamlit|alembic)\b/,
      (name) => (name === 'waitress-serve' ? 'python3 -m waitress' : `python3 -m ${name}`),
    )
    .replace(/^python\b(?!3)/, 'python3');
}
