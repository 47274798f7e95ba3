import { scriptRunner } from './node-build.ts';
import type { NodePackage } from './node-package.ts';
import type { ProjectFacts } from './project-facts.ts';
import { firstFile } from './project-facts.ts';

export interface NodeStart {
  readonly command: string;
  readonly why?: string;
  readonly configuration: Readonly<Record<string, string>>;
  readonly cache: readonly string[];
  readonly notes: readonly string[];
}

const loopback = { HOST: '127.0.0.1' };

/** Frameworks whose own start line is known; the dependency that gives them away comes first. */
const frameworks: readonly (readonly [string, Partial<NodeStart> & { readonly command: string }])[] = [
  [
    'next',
    {
      command: 'exec node_modules/.bin/next start --hostname 127.0.0.1 --port $PORT',
      cache: ['.next/cache'],
    },
  ],
  ['nuxt', { command: 'node .output/server/index.mjs', configuration: loopback }],
  ['@sveltejs/adapter-node', { command: 'node build', configuration: loopback }],
  ['@astrojs/node', { command: 'node dist/server/entry.mjs', configuration: loopback }],
  [
    '@react-router/serve',
    { command: 'node_modules/.bin/react-router-serve build/server/index.js', configuration: loopback },
  ],
  [
    '@remix-run/serve',
    { command: 'node_modules/.bin/remix-serve build/server/index.js', configuration: loopback },
  ],
  ['@nestjs/core', { command: 'node dist/main.js' }],
];

const entries = [
  'server.js',
  'server.mjs',
  'server.ts',
  'index.js',
  'index.mjs',
  'app.js',
  'main.js',
  'src/server.js',
  'src/index.js',
];

/** How the web service starts; undefined when the package has nothing that serves. */
export function planNodeStart(facts: ProjectFacts, project: NodePackage): NodeStart | undefined {
  const plain = { configuration: {}, cache: [], notes: [] };
  for (const [dependency, known] of frameworks) {
    if (project.dependencies.has(dependency) || project.devDependencies.has(dependency))
      return { ...plain, ...known };
  }
  const script = project.scripts.get('start')?.trim();
  if (script !== undefined && !isDevelopmentServer(script))
    return { ...plain, ...fromScript(script, facts, project) };
  const main = project.main !== undefined && facts.files.includes(project.main) ? project.main : undefined;
  const entry = firstFile(facts, entries) ?? main;
  if (entry === undefined || hasBundler(project)) return undefined;
  return { ...plain, command: `node ${entry}`, notes: portNote };
}

const portNote = ['The web service must listen on the port in the variable PORT, at 127.0.0.1.'];

function fromScript(
  script: string,
  facts: ProjectFacts,
  project: NodePackage,
): Partial<NodeStart> & { command: string } {
  const around = project.scripts.has('prestart') || project.scripts.has('poststart');
  const [program = ''] = script.split(/\s+/, 1);
  const notes = portNote;
  if (!around && program === 'node') {
    const why = 'As in "npm start", but without npm between: the signal to stop reaches the program at once.';
    return { command: script, why, notes };
  }
  return { command: `${scriptRunner(facts, project)} start`, notes };
}

const isDevelopmentServer = (script: string) =>
  /^(vite|react-scripts|webpack(-dev-server| serve)|parcel|eleventy|docusaurus|astro|http-server|serve|live-server)\b/.test(
    script,
  );

const hasBundler = (project: NodePackage) =>
  ['vite', 'react-scripts', 'parcel', '@11ty/eleventy', '@docusaurus/core', 'astro'].some(
    (name) => project.dependencies.has(name) || project.devDependencies.has(name),
  );
