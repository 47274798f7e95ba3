import type { Node } from 'oxc-parser';
import { driverParents } from './import-table.ts';
import type { Problem, SourceFile } from './source-file.ts';

const strategies = ['manual', 'process', 'container', 'swarm', 'kubernetes', 'docker'];
const discriminants = new Set(['kind', 'driver', 'runtime', 'strategy', 'provider', 'engine']);
const registry = /^src\/main\.ts$|registry\.ts$/;
const equality = new Set(['===', '!==', '==', '!=']);

/**
 * Asking which driver it is spreads knowledge of every driver over the code; the registry asks once.
 * A comparison counts when one side is called `kind`, `driver`, … and the other is the name of a driver;
 * unions of our own whose discriminant is called `kind` are free.
 */
export function checkDriverKinds(files: readonly SourceFile[]): Problem[] {
  const names = driverNames(files);
  return files
    .filter((file) => file.path.startsWith('src/') && !file.isTest && !registry.test(file.path))
    .flatMap((file) => {
      const { syntax } = file;
      if (syntax === undefined) return [];
      return syntax.nodes.flatMap((node) => {
        const name = comparedDriver(node, names);
        if (name === undefined) return [];
        const message =
          `The code asks whether it is "${name}". Let the driver say what differs, as a property or a method ` +
          'of its interface; only the registry knows drivers by name.';
        return [{ rule: 'driver-kind', path: file.path, line: syntax.lineOf(node.start), message }];
      });
    });
}

/** Folders below the interfaces, so that a new driver is covered the day it appears. */
function driverNames(files: readonly SourceFile[]): ReadonlySet<string> {
  const names = new Set(strategies);
  for (const { path } of files) {
    const [src, parent, driver, file] = path.split('/');
    if (src !== 'src' || file === undefined || driver === undefined || driver === 'conformance') continue;
    if (driverParents.some((item) => item === parent)) names.add(driver);
  }
  return names;
}

function comparedDriver(node: Node, names: ReadonlySet<string>): string | undefined {
  if (node.type === 'BinaryExpression' && equality.has(node.operator)) {
    return driverIn(node.left, node.right, names) ?? driverIn(node.right, node.left, names);
  }
  if (node.type !== 'SwitchStatement') return undefined;
  for (const item of node.cases) {
    const name = item.test === null ? undefined : driverIn(node.discriminant, item.test, names);
    if (name !== undefined) return name;
  }
  return undefined;
}

function driverIn(subject: Node, value: Node, names: ReadonlySet<string>): string | undefined {
  const property = subject.type === 'MemberExpression' ? subject.property : subject;
  if (property.type !== 'Identifier' || !discriminants.has(property.name)) return undefined;
  if (value.type !== 'Literal' || typeof value.value !== 'string') return undefined;
  return names.has(value.value) ? value.value : undefined;
}
