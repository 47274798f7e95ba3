import type { ProjectFacts } from './project-facts.ts';
import { hasFile, variableRead } from './project-facts.ts';
import { pythonPackages } from './python-build.ts';
import type { PythonPlan } from './python-start.ts';
import { emptyPlan, serveAsgi, serveWsgi } from './python-start.ts';
import type { DraftData } from './recipe.ts';

interface Text {
  readonly name: string;
  readonly text: string;
}

/** A project with manage.py: server, worker, migrations, static files and what its settings tell. */
export function planDjango(facts: ProjectFacts, texts: readonly Text[]): PythonPlan {
  const settingsModule = /DJANGO_SETTINGS_MODULE['"]\s*,\s*['"]([\w.]+)['"]/.exec(
    facts.read('manage.py') ?? '',
  )?.[1];
  const project = settingsModule?.split('.')[0] ?? 'config';
  const packages = pythonPackages(facts);
  const settings = texts.filter(({ name }) => /settings(\/\w+)?\.py$/.test(name)).map(({ text }) => text);
  const all = settings.join('\n');
  const isAsync =
    hasFile(facts, `${project}/asgi.py`) && packages.has('uvicorn') && !packages.has('gunicorn');
  const server = isAsync ? 'uvicorn' : 'gunicorn';
  const secret = variableRead(settings, /^(DJANGO_)?SECRET_KEY$/);
  const collects = /^\s*STATIC_ROOT\s*=/m.test(all);
  const urls = texts.filter(({ name }) => name.endsWith('urls.py')).map(({ text }) => text);
  return {
    ...emptyPlan,
    services: [
      {
        name: 'web',
        command: isAsync ? serveAsgi(`${project}.asgi:application`) : serveWsgi(`${project}.wsgi`),
        web: true,
      },
      ...celery(facts, project, packages, all),
    ],
    health: djangoHealth(urls),
    needs: packages.has(server) ? [] : [server],
    buildSteps: collects ? [{ command: 'python3 manage.py collectstatic --noinput' }] : [],
    // Settings that insist on a key must load during the build, where no secret may be.
    buildEnvironment: collects && secret !== undefined ? { [secret]: 'only-for-the-build' } : {},
    before: [
      {
        command: 'python3 manage.py migrate --noinput',
        why: 'The old release still serves while this runs: add columns now, drop them one release later.',
      },
    ],
    data: djangoData(settings),
    checks: [
      {
        name: 'migrations',
        command: 'python3 manage.py migrate --check',
        why: 'A release whose migrations did not all run must not get traffic.',
      },
    ],
    secrets: secret === undefined ? [] : [secret],
    notes: djangoNotes(secret, {
      allowsNoHost: /ALLOWED_HOSTS\s*=\s*\[\s*\]/.test(all),
      servesNoStatics: collects && !packages.has('whitenoise'),
    }),
  };
}

function celery(
  facts: ProjectFacts,
  project: string,
  packages: ReadonlySet<string>,
  settings: string,
): PythonPlan['services'] {
  if (!packages.has('celery') || !hasFile(facts, `${project}/celery.py`)) return [];
  const worker = {
    name: 'worker',
    command: `python3 -m celery -A ${project} worker --loglevel INFO`,
    web: false,
  };
  if (!packages.has('django-celery-beat') && !/CELERY_BEAT_SCHEDULE|beat_schedule/.test(settings))
    return [worker];
  const why = 'One instance only: two would send every task twice.';
  return [
    worker,
    { name: 'beat', command: `python3 -m celery -A ${project} beat --loglevel INFO`, why, web: false },
  ];
}

/** Django writes its routes without the leading slash. */
function djangoHealth(urls: readonly string[]): string | undefined {
  for (const text of urls) {
    const route = /path\(\s*['"]((?:api\/)?(?:healthz?|health-?check|up|ping|ht)\/?)['"]/.exec(text)?.[1];
    if (route !== undefined) return `/${route}`;
  }
  return undefined;
}

function djangoData(settings: readonly string[]): DraftData[] {
  const all = settings.join('\n');
  const data: DraftData[] = [];
  if (all.includes('django.db.backends.sqlite3')) {
    const env = variableRead(settings, /^(SQLITE|DATABASE|DB)_?(FILE|PATH|NAME)$/) ?? 'DATABASE_FILE';
    const why = "The settings must use it: DATABASES['default']['NAME'] = os.environ.get(...).";
    data.push({
      name: 'database',
      type: 'sqlite',
      path: 'db.sqlite3',
      env,
      why: why.replace('...', `'${env}', BASE_DIR / 'db.sqlite3'`),
    });
  }
  if (/^\s*MEDIA_ROOT\s*=/m.test(all)) {
    const env = variableRead(settings, /^MEDIA_?(ROOT|DIR|PATH)$/) ?? 'MEDIA_ROOT';
    const why = `The settings must use it: MEDIA_ROOT = os.environ.get('${env}', BASE_DIR / 'media').`;
    data.push({ name: 'media', type: 'files', path: 'media', env, why });
  }
  return data;
}

interface Gaps {
  readonly allowsNoHost: boolean;
  readonly servesNoStatics: boolean;
}

function djangoNotes(secret: string | undefined, { allowsNoHost, servesNoStatics }: Gaps): string[] {
  const notes: string[] = [];
  if (secret !== undefined)
    notes.push(`Set the key of each environment once: mainstay secret set ${secret}.`);
  if (allowsNoHost)
    notes.push('ALLOWED_HOSTS is empty: add the domains, or every request is answered with 400.');
  if (servesNoStatics)
    notes.push(
      'Nothing serves the files of STATIC_ROOT: add whitenoise, which serves them from the app itself.',
    );
  return notes;
}
