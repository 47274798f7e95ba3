import { basename } from 'node:path';
import type { Node } from 'oxc-parser';
import { pureFolders } from './import-table.ts';
import type { Problem, SourceFile, Syntax } from './source-file.ts';

/** `object.member`, or a global on its own, whose result differs from call to call. */
const impureMembers: ReadonlyMap<string, readonly string[]> = new Map([
  ['Date', ['now']],
  ['Math', ['random']],
  ['AbortSignal', ['timeout']],
  ['performance', ['now', 'timeOrigin']],
  ['crypto', ['randomUUID', 'getRandomValues']],
]);
const impureGlobals = new Set(['process', 'console', 'fetch', 'setTimeout', 'setInterval', 'setImmediate']);
const wallClock = /clock[^/]*\.ts$/;

/**
 * Pure folders and planners do nothing but compute; and nobody but the clock reads the wall clock,
 * because a policy that asks for the time itself cannot be tested at another time.
 */
export function checkPurity(files: readonly SourceFile[]): Problem[] {
  return files
    .filter((file) => file.path.startsWith('src/') && !file.isTest)
    .flatMap((file) => (isPure(file.path) ? checkPure(file) : checkClock(file)));
}

function isPure(path: string): boolean {
  return (
    pureFolders.some((folder) => path.startsWith(`src/${folder}/`)) || basename(path).startsWith('plan-')
  );
}

function checkPure(file: SourceFile): Problem[] {
  const { syntax } = file;
  if (syntax === undefined) return [];
  const problem = (line: number, what: string): Problem => ({
    rule: 'purity',
    path: file.path,
    line,
    message:
      `${what} in a pure file. ${pureFolders.join(', ')} and every plan-*.ts only compute: ` +
      'pass the value in, so that the same input gives the same output and a test needs no set-up.',
  });
  const imports = syntax.imports
    .filter(({ specifier, typeOnly }) => specifier.startsWith('node:') && !typeOnly)
    .map(({ specifier, line }) => problem(line, specifier));
  const uses = syntax.nodes.flatMap((node) => {
    const what = impureUse(node, declaredNames(syntax));
    return what === undefined ? [] : [problem(syntax.lineOf(node.start), what)];
  });
  return [...imports, ...uses];
}

function checkClock(file: SourceFile): Problem[] {
  const { syntax } = file;
  if (syntax === undefined || wallClock.test(file.path)) return [];
  return syntax.nodes
    .filter((node) => readsWallClock(node))
    .map((node) => ({
      rule: 'clock',
      path: file.path,
      line: syntax.lineOf(node.start),
      message:
        'The wall clock is read here. Only the clock does that: take a Clock (src/core/units.ts) in `deps`, ' +
        'so that a test can set the time and a jump of the clock is survived in one place.',
    }));
}

function readsWallClock(node: Node): boolean {
  if (node.type === 'MemberExpression') return isMember(node, 'Date', ['now']);
  return (
    (node.type === 'NewExpression' || node.type === 'CallExpression') &&
    isNamed(node.callee, 'Date') &&
    (node.type === 'CallExpression' || node.arguments.length === 0)
  );
}

function impureUse(node: Node, declared: ReadonlySet<string>): string | undefined {
  if (readsWallClock(node)) return 'The wall clock';
  if (node.type !== 'MemberExpression' && node.type !== 'CallExpression') return undefined;
  if (node.type === 'MemberExpression') {
    for (const [object, members] of impureMembers) {
      if (!declared.has(object) && isMember(node, object, members)) return `${object}.${propertyName(node)}`;
    }
  }
  const root = node.type === 'MemberExpression' ? node.object : node.callee;
  if (root.type !== 'Identifier' || declared.has(root.name)) return undefined;
  return impureGlobals.has(root.name) ? root.name : undefined;
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

function isMember(node: Node, object: string, members: readonly string[]): boolean {
  return (
    node.type === 'MemberExpression' && isNamed(node.object, object) && members.includes(propertyName(node))
  );
}

function propertyName(node: Node): string {
  if (node.type !== 'MemberExpression') return '';
  if (node.property.type === 'Identifier' && !node.computed) return node.property.name;
  return node.property.type === 'Literal' ? String(node.property.value) : '';
}

const known = new WeakMap<Syntax, ReadonlySet<string>>();

/** Names that the file binds itself, anywhere: `process` as a parameter is not the global one. */
function declaredNames(syntax: Syntax): ReadonlySet<string> {
  const cached = known.get(syntax);
  if (cached !== undefined) return cached;
  const names = new Set<string>();
  const add = (pattern: Node | null | undefined): void => {
    if (pattern?.type === 'Identifier') names.add(pattern.name);
    else if (pattern?.type === 'AssignmentPattern') add(pattern.left);
    else if (pattern?.type === 'RestElement') add(pattern.argument);
    else if (pattern?.type === 'ArrayPattern') pattern.elements.forEach(add);
    else if (pattern?.type === 'ObjectPattern') {
      for (const item of pattern.properties) add(item.type === 'Property' ? item.value : item);
    }
  };
  for (const node of syntax.nodes) {
    if (node.type === 'VariableDeclarator') add(node.id);
    else if (node.type === 'ImportSpecifier') add(node.local);
    else if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') {
      add(node.id);
      node.params.forEach(add);
    } else if (node.type === 'ArrowFunctionExpression') node.params.forEach(add);
  }
  known.set(syntax, names);
  return names;
}
