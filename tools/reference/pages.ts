import { verbGroups } from '../../src/cli/verbs.ts';
import { manifestJsonSchema } from '../../src/manifest/json-schema.ts';
import { manifestReference } from '../../src/manifest/reference.ts';
import { apiPage } from './api-page.ts';
import { commandsPage, loadGroups } from './commands-page.ts';
import { errorsPage } from './errors-page.ts';

/** Every generated file with its content, by its path from the root of the project. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/manifest.md', manifestReference()],
    ['docs/reference/mainstay.schema.json', `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`],
    ['docs/reference/commands.md', commandsPage(await loadGroups(verbGroups))],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/api.md', apiPage()],
  ]);
}
