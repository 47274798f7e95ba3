import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Comment, type Node, parseSync, visitorKeys } from 'oxc-parser';

/** One import or re-export of a source file. */
export interface ImportSite {
  readonly specifier: string;
  /** The imported file from the repository's root, for relative specifiers. */
  readonly target: string | undefined;
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** A file of the repository, parsed on demand when it is JavaScript or TypeScript. */
export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
  readonly syntax: Syntax | undefined;
}

export interface Syntax {
  readonly imports: readonly ImportSite[];
  readonly comments: readonly Comment[];
  readonly statements: readonly Node[];
  /** Every node, parents before children. */
  readonly nodes: readonly Node[];
  lineOf(offset: number): number;
}

/** What a rule found. `line` is 0 when the whole file is meant. */
export interface Problem {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

const codeFile = /\.(?:ts|mts|js|mjs|cjs)$/;
/** Tests, and what only they use: conformance suites, programs that a test starts. */
const testFile = /^tests\/|\.test\.(?:ts|js)$|^src\/(?:.*\/)?(?:conformance\/|test-[^/]+$)/;

export function sourceFile(path: string, text: string): SourceFile {
  let parsed: Syntax | undefined;
  return {
    path,
    text,
    isTest: testFile.test(path),
    get syntax() {
      if (!codeFile.test(path)) return undefined;
      parsed ??= parse(path, text);
      return parsed;
    },
  };
}

/** Every text file that belongs to the project, tracked or not yet; what git ignores is left out. */
export function readSourceFiles(root: string): SourceFile[] {
  return listFiles(root)
    .filter((path) => existsSync(join(root, path)) && statSync(join(root, path)).isFile())
    .map((path) => ({ path, content: readFileSync(join(root, path)) }))
    .filter(({ content }) => !content.includes(0))
    .map(({ path, content }) => sourceFile(path, content.toString('utf8')));
}

function listFiles(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  try {
    const output = execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return [...new Set(output.split('\0').filter((path) => path !== ''))].sort();
  } catch {
    // No git, no repository (an unpacked archive), or one that belongs to someone else.
    return walk(root, '').sort();
  }
}

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['.git', 'node_modules', '.mainstay'].includes(entry.name) ? [] : walk(root, path);
    }
    return entry.isFile() ? [path] : [];
  });
}

function parse(path: string, text: string): Syntax {
  const { program, module, comments } = parseSync(path, text);
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const lineOf = (offset: number): number => {
    let low = 0;
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  const site = (specifier: string, offset: number, typeOnly: boolean): ImportSite => ({
    specifier,
    target: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
    typeOnly,
    line: lineOf(offset),
  });
  const imports = module.staticImports.map((item) =>
    site(
      item.moduleRequest.value,
      item.start,
      item.entries.length > 0 && item.entries.every((e) => e.isType),
    ),
  );
  for (const item of module.staticExports) {
    const [first] = item.entries;
    if (!first?.moduleRequest) continue;
    imports.push(
      site(
        first.moduleRequest.value,
        item.start,
        item.entries.every((e) => e.isType),
      ),
    );
  }
  for (const item of module.dynamicImports) {
    const literal = /^(['"`])(.*)\1$/s.exec(text.slice(item.moduleRequest.start, item.moduleRequest.end));
    if (literal?.[2] !== undefined) imports.push(site(literal[2], item.start, false));
  }
  return { imports, comments, statements: program.body, nodes: [...descend(program)], lineOf };
}

function* descend(node: Node): Generator<Node> {
  yield node;
  for (const key of visitorKeys[node.type] ?? []) {
    // The parser's own table says that this key holds a node, a list of nodes, or nothing.
    const child = (node as unknown as Record<string, Node | (Node | null)[] | null | undefined>)[key];
    if (Array.isArray(child)) {
      for (const item of child) if (item) yield* descend(item);
    } else if (child) {
      yield* descend(child);
    }
  }
}
