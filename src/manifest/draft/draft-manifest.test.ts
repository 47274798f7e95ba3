import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIssue, parseManifest } from '../parse-manifest.ts';
import { draftManifest } from './draft-manifest.ts';
import { exampleProjects, factsOf } from './example-projects.ts';

function drafted(name: string) {
  const { text, notes } = draftManifest(factsOf(exampleProjects[name] ?? {}));
  const parsed = parseManifest(text, 'mainstay.yaml');
  assert.ok(parsed.ok, parsed.ok ? '' : `${text}\n${parsed.issues.map(formatIssue).join('\n')}`);
  return { text, notes: notes.join('\n'), manifest: parsed.manifest };
}

const shellLine = (line: string) => ({ kind: 'shell', line });
const argv = (...words: string[]) => ({ kind: 'argv', argv: words });

for (const name of Object.keys(exampleProjects)) {
  test(`the draft for "${name}" is a manifest with staging and production`, () => {
    const { manifest, text } = drafted(name);
    assert.deepEqual(
      manifest.environments.map(({ name: environment, promoteFrom }) => [environment, promoteFrom]),
      [
        ['staging', null],
        ['production', 'staging'],
      ],
    );
    assert.ok(manifest.services.length > 0);
    assert.ok(!/[ \t]$/m.test(text), 'a line ends in white space');
  });
}

test('a Node project starts by its own line, with its migrations, worker, health URL and data', () => {
  const { manifest } = drafted('node with npm');
  assert.equal(manifest.app, 'book-shop');
  assert.deepEqual(manifest.build.commands, [shellLine('npm ci --omit=dev')]);
  assert.deepEqual(
    manifest.services.map(({ name, command }) => [name, command]),
    [
      ['web', argv('node', 'server.js')],
      ['worker', argv('node', 'worker.js')],
    ],
  );
  assert.equal(manifest.services[0]?.health?.path, '/healthz');
  assert.deepEqual(manifest.release.before, [argv('node', 'migrate.js')]);
  assert.deepEqual(
    manifest.data.map(({ type, env }) => [type, env]),
    [
      ['sqlite', 'DATABASE_FILE'],
      ['files', 'UPLOAD_DIR'],
    ],
  );
});

test('the lockfile decides which package manager builds', () => {
  const commands = (name: string) =>
    drafted(name).manifest.build.commands.map((command) => 'line' in command && command.line);
  assert.deepEqual(commands('node with a build and pnpm'), [
    'pnpm install --frozen-lockfile',
    'pnpm run build',
    'pnpm prune --prod',
  ]);
  assert.deepEqual(commands('node with modern yarn'), ['yarn install --immutable']);
  assert.deepEqual(commands('node with classic yarn and Next.js'), [
    'yarn install --frozen-lockfile',
    'yarn run build',
  ]);
  assert.deepEqual(commands('node without lockfile'), ['npm install --omit=dev']);
  assert.match(drafted('node without lockfile').notes, /no lockfile/);
});

test('data found inside the project is proposed, kept out of the release, and noted', () => {
  const { manifest, notes } = drafted('node with a build and pnpm');
  assert.deepEqual(manifest.build.ignore, ['notes.sqlite3*', 'uploads']);
  assert.match(notes, /DATABASE_FILE names; notes\.sqlite3 lies inside the release/);
});

test('a Django project is served, migrated and worked for', () => {
  const { manifest, notes } = drafted('django with gunicorn and celery');
  assert.deepEqual(
    manifest.services.map(({ name }) => name),
    ['web', 'worker', 'beat'],
  );
  const [web] = manifest.services;
  assert.deepEqual(web?.command, shellLine('exec python3 -m gunicorn --bind 127.0.0.1:$PORT shop.wsgi'));
  assert.equal(web?.health?.path, '/health/');
  // Migrations and checks need the packages as much as the services.
  assert.equal(manifest.configuration['PYTHONPATH'], '.python');
  assert.equal(manifest.build.environment['PYTHONPATH'], '.python');
  assert.deepEqual(manifest.release.before, [argv('python3', 'manage.py', 'migrate', '--noinput')]);
  assert.match(
    JSON.stringify(manifest.build.commands),
    /--target \.python -r requirements\.txt.*collectstatic/,
  );
  assert.deepEqual(manifest.environments[1]?.secrets, ['DJANGO_SECRET_KEY']);
  assert.deepEqual(
    manifest.data.map(({ name }) => name),
    ['database', 'media'],
  );
  assert.match(notes, /ALLOWED_HOSTS is empty/);
  assert.match(notes, /whitenoise/);
});

test('a server that the project does not ask for is installed by the build, and noted', () => {
  const { manifest, notes } = drafted('django without a server');
  assert.match(JSON.stringify(manifest.build.commands), /-r requirements\.txt gunicorn"/);
  assert.match(notes, /pin it in requirements\.txt/);
});

test('the app object of Flask and FastAPI is found', () => {
  assert.deepEqual(
    drafted('flask with requirements').manifest.services[0]?.command,
    shellLine('exec python3 -m gunicorn --bind 127.0.0.1:$PORT app:app'),
  );
  assert.deepEqual(
    drafted('fastapi with pyproject').manifest.services[0]?.command,
    shellLine('exec python3 -m uvicorn --host 127.0.0.1 --port $PORT src.main:api'),
  );
});

test('a Procfile says what runs, over what was guessed', () => {
  const { manifest } = drafted('procfile with python');
  assert.deepEqual(
    manifest.services.map(({ name, command }) => [name, command]),
    [
      ['web', shellLine('exec python3 -m gunicorn shop.wsgi --bind 0.0.0.0:$PORT')],
      ['worker-a', argv('python3', 'worker.py')],
    ],
  );
  assert.deepEqual(manifest.release.before, [argv('python3', 'manage.py', 'migrate')]);
  const alone = drafted('procfile alone').manifest;
  assert.deepEqual(
    alone.services.map(({ name, command, routes }) => [name, command, routes]),
    [
      ['clock', argv('./clock', '--every', '5 m'), []],
      ['web', shellLine('PORT=$PORT ./serve | tee log'), ['/']],
    ],
  );
});

test('a site of files alone is served by Node', () => {
  for (const name of ['static site', 'static site in public', 'vite site']) {
    const command = drafted(name).manifest.services[0]?.command;
    assert.ok(command?.kind === 'argv' && command.argv[0] === 'node', name);
  }
  assert.deepEqual(drafted('static site').manifest.build.ignore, ['mainstay.yaml']);
});

test('whatever the names and texts of a project are, its draft is a manifest', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('node x', 'a: b', '#', '{}', '"', "'", '- x', '$PORT'),
  );
  const known = fc.constantFrom(...Object.values(exampleProjects).flatMap((files) => Object.keys(files)));
  const packageJson = fc
    .record({
      name: word,
      main: word,
      scripts: fc.dictionary(fc.constantFrom('start', 'build', 'worker', 'migrate'), word),
    })
    .map((value) => JSON.stringify(value));
  const files = fc.dictionary(fc.oneof(known, word), fc.oneof(word, packageJson), { maxKeys: 6 });
  const procfile = fc
    .array(fc.tuple(word, word).map(([type, command]) => `${type}: ${command}`))
    .map((lines) => lines.join('\n'));
  const project = fc.tuple(files, packageJson, procfile, word, fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(project, ([base, json, lines, directory, kind]) => {
      const extra = {
        ...(kind & 1 ? { 'package.json': json } : {}),
        ...(kind & 2 ? { Procfile: lines } : {}),
      };
      const { text } = draftManifest(factsOf({ ...base, ...extra }, directory));
      const parsed = parseManifest(text, 'mainstay.yaml');
      assert.ok(parsed.ok, parsed.ok ? '' : `${text}\n${parsed.issues.map(formatIssue).join('\n')}`);
    }),
    { seed: 7, numRuns: 500 },
  );
});
