import type { NodePackage } from './node-package.ts';
import type { ProjectFacts } from './project-facts.ts';
import { hasFile } from './project-facts.ts';
import type { Recipe, Step } from './recipe.ts';

interface PackageManager {
  readonly lockfile: string;
  /** Everything that the lockfile names. */
  readonly all: string;
  /** Only what the app needs when it runs. */
  readonly lean: string;
  /** Takes the rest away again after a build; undefined where there is no safe way. */
  readonly prune: string | undefined;
  readonly run: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const npm: PackageManager = {
  lockfile: 'package-lock.json',
  all: 'npm ci',
  lean: 'npm ci --omit=dev',
  prune: 'npm prune --omit=dev',
  run: 'npm run',
};

const pnpm: PackageManager = {
  lockfile: 'pnpm-lock.yaml',
  all: 'pnpm install --frozen-lockfile',
  lean: 'pnpm install --frozen-lockfile --prod',
  prune: 'pnpm prune --prod',
  run: 'pnpm run',
};

const yarnClassic: PackageManager = {
  lockfile: 'yarn.lock',
  all: 'yarn install --frozen-lockfile',
  lean: 'yarn install --frozen-lockfile --production',
  prune: 'yarn install --frozen-lockfile --production --ignore-scripts --prefer-offline',
  run: 'yarn run',
};

const yarnModern: PackageManager = {
  ...yarnClassic,
  all: 'yarn install --immutable',
  lean: 'yarn install --immutable',
  prune: undefined,
  // Without node_modules the packages would be read from the cache, which is no part of the release.
  environment: { YARN_NODE_LINKER: 'node-modules' },
};

function packageManager(facts: ProjectFacts, project: NodePackage): PackageManager | undefined {
  if (hasFile(facts, pnpm.lockfile)) return pnpm;
  if (hasFile(facts, npm.lockfile) || hasFile(facts, 'npm-shrinkwrap.json')) return npm;
  if (!hasFile(facts, yarnClassic.lockfile)) return undefined;
  const modern = hasFile(facts, '.yarnrc.yml') || /^yarn@([2-9]|\d\d)/.test(project.packageManager ?? '');
  return modern ? yarnModern : yarnClassic;
}

/** How the project's own scripts are run. */
export function scriptRunner(facts: ProjectFacts, project: NodePackage): string {
  return (packageManager(facts, project) ?? npm).run;
}

type NodeBuild = Pick<Recipe, 'build' | 'buildEnvironment' | 'notes'>;

/** `keepsTools`: something that runs after the build needs a development dependency. */
export function planNodeBuild(
  facts: ProjectFacts,
  project: NodePackage,
  { keepsTools }: { readonly keepsTools: boolean },
): NodeBuild {
  const builds = project.scripts.has('build');
  const hasPackages = project.dependencies.size + project.devDependencies.size > 0;
  const locked = packageManager(facts, project);
  if (locked === undefined && !hasPackages) {
    const build = builds ? [{ command: 'npm run build' }] : [];
    return { build, buildEnvironment: {}, notes: [] };
  }
  const manager = locked ?? npm;
  const steps: Step[] = [install(manager, { locked: locked !== undefined, all: builds || keepsTools })];
  if (builds) steps.push({ command: `${manager.run} build` });
  if (
    builds &&
    !keepsTools &&
    project.devDependencies.size > 0 &&
    locked !== undefined &&
    manager.prune !== undefined
  ) {
    steps.push({ command: manager.prune, why: 'What only the build needs stays out of the release.' });
  }
  const notes =
    locked === undefined
      ? [
          'There is no lockfile, so two builds may differ. Run npm install, commit package-lock.json, and build with npm ci.',
        ]
      : manager === npm
        ? []
        : [`The build needs ${manager.run.split(' ')[0]} on the machine that Mainstay runs on.`];
  return {
    build: steps,
    buildEnvironment: manager.environment ?? {},
    notes,
  };
}

function install(manager: PackageManager, { locked, all }: { locked: boolean; all: boolean }): Step {
  if (!locked) return { command: all ? 'npm install' : 'npm install --omit=dev' };
  return {
    command: all ? manager.all : manager.lean,
    why: `Exactly what ${manager.lockfile} says, so that the same source gives the same release.`,
  };
}
