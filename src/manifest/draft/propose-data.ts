import type { ProjectFacts } from './project-facts.ts';
import { variableRead } from './project-facts.ts';
import type { DraftData } from './recipe.ts';

export interface DataProposal {
  readonly data: readonly DraftData[];
  /** What a developer's own copy of the data is called, so that it is not shipped. */
  readonly ignore: readonly string[];
  readonly notes: readonly string[];
}

const databaseFile = /\.(db|sqlite|sqlite3)$/;
const uploadFolder = /^((?:public\/)?(?:uploads?|media|attachments|user-?files))\//;

/** Proposes data for the SQLite files and upload folders that lie in the project, or that its text speaks of. */
export function proposeData(facts: ProjectFacts, texts: readonly string[]): DataProposal {
  const database = facts.files.find(
    (name) => databaseFile.test(name) && !/(^|\/)(node_modules|tests?|fixtures)\//.test(name),
  );
  const databaseVariable = variableRead(texts, /^(SQLITE|DATABASE|DB)_?(FILE|PATH|FILENAME)$/);
  const folder = facts.files.map((name) => uploadFolder.exec(name)?.[1]).find((name) => name !== undefined);
  const folderVariable = variableRead(
    texts,
    /^(UPLOADS?|MEDIA|ATTACHMENTS)_?(DIR|DIRECTORY|PATH|FOLDER|ROOT)$/,
  );
  const data: DraftData[] = [];
  const notes: string[] = [];
  if (database !== undefined || databaseVariable !== undefined) {
    const env = databaseVariable ?? 'DATABASE_FILE';
    data.push({ name: 'database', type: 'sqlite', path: baseName(database ?? 'app.db'), env });
    if (databaseVariable === undefined) {
      notes.push(
        `Let the app open the SQLite file that the variable ${env} names; ${database} lies inside the release, which is replaced.`,
      );
    }
  }
  if (folder !== undefined || folderVariable !== undefined) {
    const env = folderVariable ?? 'UPLOAD_DIR';
    data.push({ name: 'uploads', type: 'files', path: baseName(folder ?? 'uploads'), env });
    if (folderVariable === undefined) {
      notes.push(
        `Let the app keep uploads in the directory that the variable ${env} names; ${folder} lies inside the release, which is replaced.`,
      );
    }
  }
  // The star takes the files that SQLite keeps beside it, too.
  const local = database === undefined ? [] : [`${database}*`];
  return { data, ignore: [...local, ...(folder === undefined ? [] : [folder])], notes };
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
