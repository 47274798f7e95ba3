import type { Problem, SourceFile } from './source-file.ts';

interface LockEntry {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Every dependency that a lockfile speaks of must have its entry, those for other platforms too: `npm ci` refuses a
 * file without them, and `npm install` leaves out what its registry did not have that day without a word.
 */
export function checkLockfiles(files: readonly SourceFile[]): Problem[] {
  return files.filter(({ path }) => /(?:^|\/)package-lock\.json$/.test(path)).flatMap(checkLockfile);
}

function checkLockfile({ path, text }: SourceFile): Problem[] {
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, LockEntry>> };
  return Object.entries(packages).flatMap(([place, entry]) => {
    const { dependencies, devDependencies, optionalDependencies } = entry;
    const wanted = { ...dependencies, ...optionalDependencies, ...(place === '' ? devDependencies : {}) };
    return Object.keys(wanted)
      .filter((name) => !isFound(packages, place, name))
      .map((name) => ({
        rule: 'lockfile',
        path,
        line: 0,
        message:
          `${name} ${wanted[name]}, wanted by ${place === '' ? 'package.json' : place}, has no entry, so npm ci ` +
          'refuses the file. The registry in use may lack it: add the entry by hand (version, os, cpu, optional).',
      }));
  });
}

/** Looks where Node would: beside the package that asks, then in each folder above. */
function isFound(packages: Readonly<Record<string, LockEntry>>, place: string, name: string): boolean {
  for (let from = place; ; ) {
    if (Object.hasOwn(packages, `${from === '' ? '' : `${from}/`}node_modules/${name}`)) return true;
    if (from === '') return false;
    const parent = from.lastIndexOf('/node_modules/');
    from = parent === -1 ? '' : from.slice(0, parent);
  }
}
