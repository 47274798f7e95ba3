import { basename } from 'node:path';
import type { Problem, SourceFile } from './source-file.ts';

const vague = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'misc', 'stuff', 'shared']);
const ourCode = /^(?:src|tools|tests|bench|console|bin)\/.*\.(?:ts|tsx|mts|js|mjs|cjs)$/;
const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*$/;
const maxLines = 300;
const maxTestLines = 600;

/** What files are called, how long they are, and what they export. */
export function checkNames(files: readonly SourceFile[]): Problem[] {
  return files
    .filter((file) => ourCode.test(file.path))
    .flatMap((file) => [...checkPath(file), ...checkLength(file), ...checkExports(file)]);
}

function checkPath({ path }: SourceFile): Problem[] {
  const problems: Problem[] = [];
  const words = path.split(/[/.-]/);
  const word = words.find((item) => vague.has(item));
  if (word !== undefined) {
    problems.push({
      rule: 'vague-name',
      path,
      line: 0,
      message: `"${word}" says nothing and attracts everything. Name the one concept that the file holds.`,
    });
  }
  if (!path.split('/').every((part) => kebabCase.test(part))) {
    problems.push({
      rule: 'kebab-case',
      path,
      line: 0,
      message: `"${basename(path)}" is not in kebab-case (plan-deploy.ts, ssh-host.test.ts).`,
    });
  }
  return problems;
}

function checkLength({ path, text, isTest }: SourceFile): Problem[] {
  const lines = text.split('\n').length - 1;
  const limit = isTest ? maxTestLines : maxLines;
  if (lines <= limit) return [];
  return [
    {
      rule: 'length',
      path,
      line: 0,
      message: `${lines} lines, more than ${limit}. It holds more than one concept: give each a file of its own.`,
    },
  ];
}

function checkExports({ path, syntax }: SourceFile): Problem[] {
  if (syntax === undefined) return [];
  const problems: Problem[] = [];
  for (const node of syntax.nodes) {
    const isDefault =
      node.type === 'ExportDefaultDeclaration' ||
      (node.type === 'ExportSpecifier' && 'name' in node.exported && node.exported.name === 'default');
    if (!isDefault) continue;
    problems.push({
      rule: 'default-export',
      path,
      line: syntax.lineOf(node.start),
      message: 'A default export gets another name in each importing file. Export it by its name.',
    });
  }
  const { statements } = syntax;
  const reExports = statements.filter(
    (item) =>
      item.type === 'ExportAllDeclaration' ||
      (item.type === 'ExportNamedDeclaration' && item.source !== null),
  );
  if (reExports.length > 0 && reExports.length === statements.length) {
    problems.push({
      rule: 'barrel',
      path,
      line: 1,
      message: 'The file only passes on exports of others. Import from where a thing is defined.',
    });
  }
  return problems;
}
