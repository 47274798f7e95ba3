import type { ProjectFacts } from './project-facts.ts';

/** Small projects of the kinds that `mainstay init` meets, for the tests of drafting. */
export const exampleProjects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'node with npm': {
    'package.json': JSON.stringify({
      name: '@acme/Book_Shop',
      scripts: { start: 'node server.js', migrate: 'node migrate.js', worker: 'node worker.js' },
      dependencies: { express: '5' },
      devDependencies: { eslint: '9' },
    }),
    'package-lock.json': '{}',
    'server.js':
      "app.get('/healthz', ok); open(process.env.DATABASE_FILE); mkdir(process.env['UPLOAD_DIR']);",
  },
  'node with a build and pnpm': {
    'package.json': JSON.stringify({
      name: 'notes',
      scripts: { build: 'tsc', start: 'node dist/main.js --title "a: b"' },
      dependencies: { fastify: '5' },
      devDependencies: { typescript: '5' },
    }),
    'pnpm-lock.yaml': '',
    'src/main.ts': "server.get('/health', async () => 'ok')",
    'notes.sqlite3': '',
    'uploads/cat.jpg': '',
  },
  'node with modern yarn': {
    'package.json': JSON.stringify({
      name: 'y',
      packageManager: 'yarn@4.1.0',
      scripts: { prestart: 'node prepare.js', start: 'node x.js' },
      dependencies: { a: '1' },
    }),
    'yarn.lock': '',
  },
  'node with classic yarn and Next.js': {
    'package.json': JSON.stringify({
      name: 'site',
      scripts: { build: 'next build', start: 'next start' },
      dependencies: { next: '15', react: '19' },
      devDependencies: { prisma: '6' },
    }),
    'yarn.lock': '',
    'prisma/schema.prisma': '',
  },
  'node without lockfile': {
    'package.json': JSON.stringify({ dependencies: { koa: '3' }, main: 'lib.js' }),
    'lib.js': '',
  },
  'node without dependencies': { 'package.json': '{}', 'index.js': '' },
  'node with odd package.json': {
    'package.json': '{"name": 7, "scripts": {"start": ["x"]}, "dependencies": []}',
    'app.js': '',
  },
  'vite site': {
    'package.json': JSON.stringify({
      name: 'spa',
      scripts: { dev: 'vite', build: 'vite build', preview: 'vite preview' },
      devDependencies: { vite: '6' },
    }),
    'package-lock.json': '{}',
    'index.html': '<script type=module src=/src/main.js></script>',
  },
  'django with gunicorn and celery': {
    'manage.py': "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
    'requirements.txt': 'Django==5.2\ngunicorn==23\ncelery[redis]==5\ndjango_celery_beat\n',
    'shop/settings.py':
      "SECRET_KEY = os.environ['DJANGO_SECRET_KEY']\nALLOWED_HOSTS = []\nSTATIC_ROOT = BASE_DIR / 'static'\n" +
      "MEDIA_ROOT = BASE_DIR / 'media'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
    'shop/urls.py': "urlpatterns = [path('health/', health)]",
    'shop/wsgi.py': '',
    'shop/celery.py': '',
  },
  'django without a server': {
    'manage.py': "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'blog.settings')",
    'requirements.txt': 'Django\n',
    'blog/settings.py': "SECRET_KEY = 'insecure'\n",
    'db.sqlite3': '',
  },
  'flask with requirements': {
    'requirements.txt': 'flask>=3\ngunicorn\n',
    'app.py':
      "app = Flask(__name__)\n@app.get('/up')\ndef up(): return ''\nPATH = os.environ.get('SQLITE_PATH')",
  },
  'fastapi with pyproject': {
    'pyproject.toml':
      '[project]\nname = "api"\ndependencies = ["fastapi>=0.115", "uvicorn[standard]"]\n[build-system]\n',
    'uv.lock': '',
    'src/main.py': 'api: FastAPI = FastAPI()',
  },
  'python script': { 'requirements.txt': 'aiohttp\n', 'main.py': 'web.run_app(app)' },
  'python with nothing to start': { 'pyproject.toml': '[tool.ruff]\n' },
  'procfile with python': {
    'Procfile':
      '# processes\nweb: gunicorn shop.wsgi --bind 0.0.0.0:$PORT\nworker_A: python worker.py\nrelease: python manage.py migrate\n',
    'manage.py': '',
    'requirements.txt': 'Django\ngunicorn\n',
  },
  'procfile alone': { 'Procfile': 'clock: ./clock --every "5 m"\r\nweb: PORT=$PORT ./serve | tee log\r\n' },
  'procfile with nothing in it': { 'Procfile': '# later\n' },
  'static site': { 'index.html': '<h1>Hello</h1>', 'about/index.html': '' },
  'static site in public': { 'public/index.html': '' },
  'nothing at all': {},
};

export function factsOf(files: Readonly<Record<string, string>>, directoryName = 'My Project'): ProjectFacts {
  return {
    directoryName,
    files: Object.keys(files),
    read: (name) => (Object.hasOwn(files, name) ? files[name] : undefined),
  };
}
