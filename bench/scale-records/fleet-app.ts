import type { Manifest } from '../../src/manifest/manifest.ts';
import { formatIssue, parseManifest } from '../../src/manifest/parse-manifest.ts';

export const environmentNames = ['development', 'staging', 'acceptance', 'production'] as const;

/** An app with three services, as a team would have it: web, api and a worker, data, a job and checks. */
export function fleetManifest(app: string): Manifest {
  const environments = environmentNames.map(
    (name) =>
      `  ${name}: { domain: ${name}.${app}.localhost, configuration: { GREETING: Hello from ${name} } }`,
  );
  const parsed = parseManifest(
    `app: ${app}
build: { commands: [npm ci] }
services:
  web: { command: node web.js, routes: [/], health: /health, instances: 1, limits: { memory: 256MB } }
  api: { command: node api.js, routes: [/api], health: /health, limits: { memory: 256MB } }
  worker: { command: node worker.js, environment: { QUEUES: 'mail,thumbnails' } }
release: { before: node migrate.js }
data:
  orders: { type: sqlite, path: orders.db, env: DATABASE_FILE }
  uploads: { type: files, path: uploads, env: UPLOAD_DIR }
jobs:
  digest: { command: node digest.js, schedule: '0 7 * * *' }
checks:
  home: { http: { path: /, contains: Welcome } }
  orders: { command: node check.js }
environments:
${environments.join('\n')}
`,
    'mainstay.yaml',
  );
  if (!parsed.ok) throw new Error(parsed.issues.map((issue) => formatIssue(issue)).join('\n'));
  return parsed.manifest;
}
