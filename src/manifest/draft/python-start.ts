import type { ProjectFacts } from './project-facts.ts';
import { firstFile } from './project-facts.ts';
import { pythonPackages } from './python-build.ts';
import type { DraftCheck, DraftData, DraftService, Step } from './recipe.ts';

/** What a kind of Python app adds to the installation of its packages. */
export interface PythonPlan {
  readonly services: readonly Omit<DraftService, 'health'>[];
  readonly health: string | undefined;
  readonly needs: readonly string[];
  readonly buildSteps: readonly Step[];
  readonly buildEnvironment: Readonly<Record<string, string>>;
  readonly before: readonly Step[];
  readonly data: readonly DraftData[];
  readonly checks: readonly DraftCheck[];
  readonly secrets: readonly string[];
  readonly notes: readonly string[];
}

export const emptyPlan: PythonPlan = {
  services: [],
  health: undefined,
  needs: [],
  buildSteps: [],
  buildEnvironment: {},
  before: [],
  data: [],
  checks: [],
  secrets: [],
  notes: [],
};

interface Text {
  readonly name: string;
  readonly text: string;
}

/** `exec` and `python -m`: the program takes the place of the shell, and no script with a fixed path is needed. */
export const serveWsgi = (app: string) => `exec python3 -m gunicorn --bind 127.0.0.1:$PORT ${app}`;
export const serveAsgi = (app: string) => `exec python3 -m uvicorn --host 127.0.0.1 --port $PORT ${app}`;

/** An app of Flask, FastAPI or Starlette, or a script that serves by itself; undefined when nothing fits. */
export function planPythonStart(facts: ProjectFacts, texts: readonly Text[]): PythonPlan | undefined {
  const packages = pythonPackages(facts);
  for (const { name, text } of texts) {
    const match = /^(\w+)(?::\s*\w+)?\s*=\s*(Flask|FastAPI|Starlette|Quart)\(/m.exec(text);
    if (match === null) continue;
    const [, variable = 'app', framework] = match;
    const app = `${moduleName(name)}:${variable}`;
    const isWsgi = framework === 'Flask';
    const server = isWsgi ? 'gunicorn' : 'uvicorn';
    const command = isWsgi ? serveWsgi(app) : serveAsgi(app);
    return {
      ...emptyPlan,
      services: [{ name: 'web', command, web: true }],
      needs: packages.has(server) ? [] : [server],
    };
  }
  const script = firstFile(facts, ['main.py', 'app.py', 'server.py', 'run.py', 'wsgi.py']);
  const isProject = ['requirements.txt', 'pyproject.toml', 'setup.py', 'Pipfile'].some((name) =>
    facts.files.includes(name),
  );
  const isSite = facts.files.includes('index.html');
  if (script === undefined) return isProject && !isSite ? unknownStart() : undefined;
  return {
    ...emptyPlan,
    services: [{ name: 'web', command: `python3 ${script}`, web: true }],
    notes: ['The web service must listen on the port in the variable PORT, at 127.0.0.1.'],
  };
}

function unknownStart(): PythonPlan {
  return {
    ...emptyPlan,
    services: [
      {
        name: 'web',
        command: 'python3 -m app',
        web: true,
        why: 'A guess: nothing in the project says how it starts.',
      },
    ],
    notes: ['How the app starts was not recognised: correct services.web.command.'],
  };
}

/** `src/shop/main.py` → `src.shop.main`. */
export const moduleName = (file: string) =>
  file
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
