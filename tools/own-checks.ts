import { checkCommands } from './check-commands.ts';
import { checkDriverKinds } from './check-driver-kinds.ts';
import { checkImports } from './check-imports.ts';
import { checkLayers } from './check-layers.ts';
import { checkLockfiles } from './check-lockfile.ts';
import { checkNames } from './check-names.ts';
import { checkPurity } from './check-purity.ts';
import { checkReasons } from './check-reasons.ts';
import { checkWords } from './check-words.ts';
import type { Exception } from './exceptions.ts';
import type { Problem, SourceFile } from './source-file.ts';

/** The rules that no tool off the shelf has. `npm run check` shows each under its name. */
export const ownChecks: readonly {
  readonly name: string;
  readonly run: (files: readonly SourceFile[]) => Problem[];
}[] = [
  { name: 'layers', run: (files) => [...checkLayers(files), ...checkPurity(files)] },
  { name: 'names', run: (files) => [...checkNames(files), ...checkWords(files), ...checkLockfiles(files)] },
  {
    name: 'habits',
    run: (files) => [
      ...checkCommands(files),
      ...checkDriverKinds(files),
      ...checkImports(files),
      ...checkReasons(files),
    ],
  },
];

/** Takes away what an exception covers; adds a problem for each exception that covers nothing. */
export function applyExceptions(
  problems: readonly Problem[],
  exceptions: readonly Exception[],
): { readonly remaining: Problem[]; readonly stale: Problem[] } {
  const covers = (exception: Exception, problem: Problem): boolean =>
    exception.rule === problem.rule && exception.path === problem.path;
  return {
    remaining: problems.filter((problem) => !exceptions.some((exception) => covers(exception, problem))),
    stale: exceptions
      .filter((exception) => !problems.some((problem) => covers(exception, problem)))
      .map(({ rule, path }) => ({
        rule: 'exceptions',
        path,
        line: 0,
        message: `The exception from "${rule}" is not needed any more. Remove it from tools/exceptions.ts.`,
      })),
  };
}
