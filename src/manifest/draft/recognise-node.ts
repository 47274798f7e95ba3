import { planNodeBuild, scriptRunner } from './node-build.ts';
import type { NodePackage } from './node-package.ts';
import { nodePackage } from './node-package.ts';
import { planNodeStart } from './node-start.ts';
import type { ProjectFacts } from './project-facts.ts';
import { hasFile, healthUrl, sources } from './project-facts.ts';
import { proposeData } from './propose-data.ts';
import type { Recipe, Step } from './recipe.ts';
import { emptyRecipe } from './recipe.ts';
import { serveFiles } from './recognise-static.ts';

const uses = (project: NodePackage, name: string) =>
  project.dependencies.has(name) || project.devDependencies.has(name);

export function recogniseNode(facts: ProjectFacts): Recipe | undefined {
  const project = nodePackage(facts);
  if (project === undefined) return undefined;
  const before = migrations(facts, project);
  const build = planNodeBuild(facts, project, { keepsTools: before.some(({ tool }) => tool) });
  const start = planNodeStart(facts, project);
  if (start === undefined) {
    const folder = siteFolder(facts, project);
    if (folder === undefined) return undefined;
    return { ...emptyRecipe, ...build, ...serveFiles(folder, { singlePage: true }), notes: build.notes };
  }
  const texts = sources(facts, /\.[cm]?[jt]s$/).map(({ text }) => text);
  const health = healthUrl(texts);
  const found = proposeData(facts, texts);
  const worker = project.scripts.get('worker');
  return {
    ...emptyRecipe,
    ...build,
    cache: start.cache,
    configuration: { NODE_ENV: 'production', ...start.configuration },
    ignore: found.ignore,
    services: [
      {
        name: 'web',
        command: start.command,
        why: start.why,
        web: true,
        health,
      },
      ...(worker === undefined
        ? []
        : [
            {
              name: 'worker',
              command: directly(worker),
              web: false,
            },
          ]),
    ],
    before,
    data: found.data,
    notes: [...build.notes, ...start.notes, ...found.notes],
  };
}

/** A script's own line where that needs nothing from npm, so that signals reach the program. */
function directly(script: string): string {
  const [program = ''] = script.trim().split(/\s+/, 1);
  return program === 'node' ? script.trim() : `npm exec -c ${JSON.stringify(script)}`;
}

function migrations(facts: ProjectFacts, project: NodePackage): (Step & { tool: boolean })[] {
  const why = 'The old release still serves while this runs: add columns now, drop them one release later.';
  if (uses(project, 'prisma') && hasFile(facts, 'prisma/schema.prisma')) {
    return [
      {
        command: 'node_modules/.bin/prisma migrate deploy',
        why,
        tool: project.devDependencies.has('prisma'),
      },
    ];
  }
  const script = ['migrate:deploy', 'db:migrate', 'migrate', 'migrations'].find((name) =>
    project.scripts.has(name),
  );
  if (script === undefined) {
    const file = ['migrate.js', 'migrate.mjs', 'scripts/migrate.js'].find((name) => hasFile(facts, name));
    return file === undefined ? [] : [{ command: `node ${file}`, why, tool: false }];
  }
  const line = project.scripts.get(script) ?? '';
  return [
    /^node [\w./-]+$/.test(line.trim())
      ? { command: line.trim(), why, tool: false }
      : { command: `${scriptRunner(facts, project)} ${script}`, why, tool: true },
  ];
}

/** Where a bundler leaves a site that needs no server of its own. */
function siteFolder(facts: ProjectFacts, project: NodePackage): string | undefined {
  if (!project.scripts.has('build')) return undefined;
  if (uses(project, 'react-scripts')) return 'build';
  if (uses(project, '@docusaurus/core')) return 'build';
  if (uses(project, '@11ty/eleventy')) return '_site';
  if (uses(project, 'astro') || uses(project, 'vite')) return 'dist';
  return uses(project, 'parcel') || hasFile(facts, 'webpack.config.js') ? 'dist' : undefined;
}
