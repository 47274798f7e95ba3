import { planDjango } from './django.ts';
import type { ProjectFacts } from './project-facts.ts';
import { hasFile, healthUrl, sources } from './project-facts.ts';
import { proposeData } from './propose-data.ts';
import { planPythonBuild } from './python-build.ts';
import { planPythonStart } from './python-start.ts';
import type { Recipe } from './recipe.ts';
import { emptyRecipe } from './recipe.ts';

export function recognisePython(facts: ProjectFacts): Recipe | undefined {
  const texts = sources(facts, /\.py$/);
  const isDjango = hasFile(facts, 'manage.py');
  const start = isDjango ? undefined : planPythonStart(facts, texts);
  if (!isDjango && start === undefined) return undefined;
  const plan = start ?? planDjango(facts, texts);
  const build = planPythonBuild(facts, plan.needs);
  const contents = texts.map(({ text }) => text);
  const found = proposeData(facts, contents);
  const data = [
    ...found.data,
    ...plan.data.filter(({ type }) => !found.data.some((entry) => entry.type === type)),
  ];
  return {
    ...emptyRecipe,
    build: [...build.steps, ...plan.buildSteps],
    // The steps after the installation are programs of the project and find its packages.
    buildEnvironment:
      plan.buildSteps.length === 0 ? {} : { PYTHONPATH: build.folder, ...plan.buildEnvironment },
    configuration: { PYTHONPATH: build.folder, PYTHONUNBUFFERED: '1' },
    ignore: [...found.ignore, '__pycache__', '.venv', 'venv'],
    services: plan.services.map((service) => ({
      ...service,
      health: service.web ? (plan.health ?? healthUrl(contents)) : undefined,
    })),
    before: plan.before,
    data,
    checks: plan.checks,
    secrets: plan.secrets,
    notes: [...build.notes, ...plan.notes, ...found.notes],
  };
}
