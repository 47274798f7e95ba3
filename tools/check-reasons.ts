import type { Problem, SourceFile } from './source-file.ts';

/**
 * `any` and the non-null `!` switch the compiler off. Where one is right, a comment on its line or on the line
 * above says why; tests may go without.
 */
export function checkReasons(files: readonly SourceFile[]): Problem[] {
  return files
    .filter((file) => /^(?:src|tools|bench)\/.*\.ts$/.test(file.path) && !file.isTest)
    .flatMap((file) => {
      const { syntax } = file;
      if (syntax === undefined) return [];
      const explained = new Set<number>();
      for (const comment of syntax.comments) {
        const last = syntax.lineOf(comment.end);
        for (let line = syntax.lineOf(comment.start); line <= last + 1; line += 1) explained.add(line);
      }
      return syntax.nodes.flatMap((node) => {
        const what =
          node.type === 'TSAnyKeyword'
            ? '`any`'
            : node.type === 'TSNonNullExpression'
              ? 'The non-null `!`'
              : '';
        // A `!` is where the expression ends; a long expression may begin lines earlier.
        const line = syntax.lineOf(node.end - 1);
        if (what === '' || explained.has(line)) return [];
        const message = `${what} switches the compiler off. Narrow the type, or say in a comment why it is safe.`;
        return [{ rule: 'reasons', path: file.path, line, message }];
      });
    });
}
