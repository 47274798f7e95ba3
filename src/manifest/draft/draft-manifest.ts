import { nodePackage } from './node-package.ts';
import { withProcfile } from './procfile.ts';
import type { ProjectFacts } from './project-facts.ts';
import type { Recipe } from './recipe.ts';
import { emptyRecipe } from './recipe.ts';
import { recogniseNode } from './recognise-node.ts';
import { recognisePython } from './recognise-python.ts';
import { recogniseStatic } from './recognise-static.ts';
import { writeDraft } from './write-draft.ts';

export interface ManifestDraft {
  /** A manifest that `parseManifest` accepts. */
  readonly text: string;
  /** What the person should look at or do, each a sentence or two. */
  readonly notes: readonly string[];
}

/** A first `mainstay.yaml` for a project, from what lies in its directory. */
export function draftManifest(facts: ProjectFacts): ManifestDraft {
  const guessed = recogniseNode(facts) ?? recognisePython(facts) ?? recogniseStatic(facts);
  const procfile = facts.read('Procfile');
  const base = guessed ?? unrecognised(procfile !== undefined);
  const recipe = procfile === undefined ? base : withProcfile(base, procfile);
  return { text: writeDraft(appName(facts), recipe), notes: recipe.notes };
}

function unrecognised(hasProcfile: boolean): Recipe {
  return {
    ...emptyRecipe,
    services: [
      {
        name: 'web',
        command: './start',
        why: 'Whatever starts the app, stays in the foreground, and listens on 127.0.0.1 at $PORT.',
        web: true,
      },
    ],
    notes: hasProcfile
      ? []
      : ['The kind of app was not recognised: say in services.web.command how it starts.'],
  };
}

/** The name of the package without its scope, or of the directory, made fit for `app`. */
function appName(facts: ProjectFacts): string {
  for (const candidate of [nodePackage(facts)?.name?.replace(/^@[^/]*\//, ''), facts.directoryName]) {
    const name = (candidate ?? '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+/, '')
      .slice(0, 40)
      .replace(/-+$/, '');
    if (name !== '') return name;
  }
  return 'app';
}
