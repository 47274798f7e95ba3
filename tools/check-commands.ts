import type { Node } from 'oxc-parser';
import type { Problem, SourceFile } from './source-file.ts';

const shellFunctions = new Set(['exec', 'execSync']);

/**
 * Commands are argument lists. A string that a shell parses is where a file name with a space, or an attacker's
 * branch name, becomes a command.
 */
export function checkCommands(files: readonly SourceFile[]): Problem[] {
  return files.flatMap((file) => {
    const { syntax } = file;
    if (syntax === undefined) return [];
    return syntax.nodes.flatMap((node) => {
      const message = shellUse(node);
      return message === undefined
        ? []
        : [{ rule: 'no-shell', path: file.path, line: syntax.lineOf(node.start), message }];
    });
  });
}

function shellUse(node: Node): string | undefined {
  if (node.type === 'Property' && node.key.type === 'Identifier' && node.key.name === 'shell') {
    const off = node.value.type === 'Literal' && node.value.value === false;
    const on = node.value.type === 'Literal' && node.value.value === true;
    if (on && !off)
      return 'A shell would parse the command again. Pass the program and its arguments as a list.';
  }
  if (node.type === 'ImportDeclaration' && /^(?:node:)?child_process$/.test(node.source.value)) {
    const used = node.specifiers.find(
      (item) =>
        item.type === 'ImportSpecifier' && 'name' in item.imported && shellFunctions.has(item.imported.name),
    );
    if (used !== undefined)
      return 'exec and execSync run a shell. Use spawn or execFile with a list of arguments.';
  }
  if (node.type === 'ArrayExpression') {
    const flag = node.elements.findIndex((item) => item?.type === 'Literal' && item.value === '-c');
    const line = flag === -1 ? undefined : node.elements[flag + 1];
    const isComposed =
      (line?.type === 'TemplateLiteral' && line.expressions.length > 0) || line?.type === 'BinaryExpression';
    if (isComposed) {
      return (
        'A command line is put together from strings. Keep it constant and pass the values as arguments ' +
        '("$1"), or pass a user’s own command whole.'
      );
    }
  }
  return undefined;
}
