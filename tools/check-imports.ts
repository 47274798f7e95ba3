import type { Problem, SourceFile } from './source-file.ts';

/** Importing such a module evaluates every export, and some of them load far more than is asked for. */
const slow: ReadonlyMap<string, string> = new Map([
  [
    'node:http',
    'As an imported module, node:http also loads the implementation of fetch and WebSocket: some 20 ms and 6 MB in ' +
      "every process. Write `const { request } = process.getBuiltinModule('node:http');` and import its types with " +
      '`import type`.',
  ],
]);

/** Imports whose cost at start-up and in memory nobody expects. Tests may pay it. */
export function checkImports(files: readonly SourceFile[]): Problem[] {
  return files
    .filter((file) => file.path.startsWith('src/') && !file.isTest)
    .flatMap((file) =>
      (file.syntax?.imports ?? []).flatMap(({ specifier, typeOnly, line }) => {
        const message = typeOnly ? undefined : slow.get(specifier);
        return message === undefined ? [] : [{ rule: 'slow-import', path: file.path, line, message }];
      }),
    );
}
