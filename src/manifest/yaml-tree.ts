import type { Alias, Pair, ParsedNode, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Path, Problem } from './problem.ts';
import { shortened } from './problem.ts';

/** A plain value that knows where in the text it stands. */
export interface TreeNode {
  readonly value: unknown;
  readonly offset: number;
  readonly keyOffset: number | undefined;
  /** List entries are keyed by their index. */
  readonly children: ReadonlyMap<string, TreeNode>;
}

export interface Tree {
  readonly root: TreeNode;
  readonly problems: readonly Problem[];
  /** True when the conversion stopped early: judging the rest would only add noise. */
  readonly truncated: boolean;
}

const deepest = 32;
const mostNodes = 20_000;

/** Turns YAML into plain values: references and `<<` are resolved, within bounds that no real manifest meets. */
export function treeOf(contents: ParsedNode | null): Tree {
  const conversion = new Conversion();
  const root = conversion.convert(contents, [], undefined);
  return { root, problems: conversion.problems, truncated: conversion.exhausted };
}

/** A number written here is meant as text: `VERSION: 1.10` is "1.10". */
const textMaps: readonly (readonly string[])[] = [
  ['build', 'environment', '*'],
  ['configuration', '*'],
  ['services', '*', 'environment', '*'],
  ['jobs', '*', 'environment', '*'],
  ['environments', '*', 'configuration', '*'],
];

const isTextMap = (path: Path) =>
  textMaps.some(
    (pattern) =>
      pattern.length === path.length && pattern.every((part, at) => part === '*' || part === path[at]),
  );

const nothing: ReadonlyMap<string, TreeNode> = new Map();

class Conversion {
  readonly problems: Problem[] = [];
  exhausted = false;
  readonly #anchors = new Map<string, ParsedNode>();
  /** Nodes being converted, so that a reference to one of them is seen as endless. */
  readonly #open = new Set<ParsedNode>();
  #nodes = 0;

  convert(node: ParsedNode | null, path: Path, keyOffset: number | undefined): TreeNode {
    const offset = node?.range[0] ?? keyOffset ?? 0;
    const leaf = (value: unknown): TreeNode => ({ value, offset, keyOffset, children: nothing });
    if (node === null || !this.#mayGoOn(path)) return leaf(null);
    if (isAlias(node)) {
      const target = this.#resolve(node, path);
      return target === undefined
        ? leaf(null)
        : { ...this.convert(target, path, keyOffset), offset, keyOffset };
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return leaf(this.#scalar(node.value, node.source, path));
    this.#open.add(node);
    const children = isMap(node)
      ? this.#mapping(node, path)
      : this.#list(isSeq(node) ? node.items : [], path);
    this.#open.delete(node);
    const value = isMap(node)
      ? Object.fromEntries([...children].map(([key, child]) => [key, child.value]))
      : [...children.values()].map((child) => child.value);
    return { value, offset, keyOffset, children };
  }

  #mayGoOn(path: Path): boolean {
    this.#nodes += 1;
    if (path.length <= deepest && this.#nodes <= mostNodes) return true;
    if (!this.exhausted) {
      const message =
        path.length > deepest ? 'nested too deeply' : 'the file grows too large through its references';
      this.problems.push({ path: path.slice(0, 4), at: 'key', message });
    }
    this.exhausted = true;
    return false;
  }

  #resolve(alias: Alias.Parsed, path: Path): ParsedNode | undefined {
    const name = alias.source;
    const place = { path, at: 'value', offset: alias.range[0] } as const;
    const target = this.#anchors.get(name);
    if (target === undefined) {
      this.problems.push({
        ...place,
        message: `no anchor "${shortened(name)}" stands before this reference`,
        hint: 'put the value in quotes if the "*" is part of it',
      });
      return undefined;
    }
    if (!this.#open.has(target)) return target;
    this.problems.push({ ...place, message: `"*${shortened(name)}" refers to what contains it` });
    return undefined;
  }

  #scalar(value: unknown, source: string | undefined, path: Path): unknown {
    if (typeof value === 'string' || value === null) return value;
    if (typeof value === 'number' || typeof value === 'boolean') {
      return isTextMap(path) ? (source ?? String(value)) : value;
    }
    this.problems.push({ path, at: 'value', message: 'tags are not supported' });
    return null;
  }

  #list(items: readonly unknown[], path: Path): Map<string, TreeNode> {
    const children = new Map<string, TreeNode>();
    for (const [index, item] of items.entries()) {
      if (this.exhausted) break;
      // The composer fills the lists of a parsed document with parsed nodes only.
      children.set(String(index), this.convert(item as ParsedNode | null, [...path, index], undefined));
    }
    return children;
  }

  #mapping(map: YAMLMap, path: Path): Map<string, TreeNode> {
    const children = new Map<string, TreeNode>();
    const merged: ParsedNode[] = [];
    for (const pair of map.items as Pair<ParsedNode | null, ParsedNode | null>[]) {
      if (this.exhausted) break;
      const key = this.#key(pair.key, path, map);
      if (key === '<<' && pair.value !== null) merged.push(pair.value);
      if (key === undefined || key === '<<') continue;
      if (children.has(key))
        this.problems.push({ path: [...path, key], at: 'key', message: 'the key is there twice' });
      children.set(key, this.convert(pair.value, [...path, key], pair.key?.range[0]));
    }
    for (const source of merged) this.#merge(children, source, path);
    return children;
  }

  #key(key: ParsedNode | null, path: Path, map: YAMLMap): string | undefined {
    if (isScalar(key) && typeof key.value === 'string' && key.value !== '__proto__') return key.value;
    const written = isScalar(key) ? (key.source ?? String(key.value)) : undefined;
    const offset = key?.range[0] ?? map.range?.[0];
    if (written === '__proto__') {
      this.problems.push({ path, at: 'value', message: '"__proto__" cannot be a key', offset });
    } else {
      const hint =
        written === undefined ? 'put it in quotes if the braces are part of it' : 'put it in quotes';
      this.problems.push({ path, at: 'value', message: 'a key must be text', hint, offset });
    }
    return undefined;
  }

  /** `<<: *a` and `<<: [*a, *b]`: what is written out wins, then the first that has the key. */
  #merge(children: Map<string, TreeNode>, source: ParsedNode, path: Path): void {
    if (this.exhausted) return;
    if (isSeq(source)) {
      for (const item of source.items) this.#merge(children, item, path);
      return;
    }
    const target = isAlias(source) ? this.#resolve(source, path) : source;
    if (target === undefined) return;
    if (!isMap(target)) {
      const message = '"<<" merges mappings, and this is none';
      this.problems.push({ path, at: 'value', message, offset: source.range[0] });
      return;
    }
    for (const [key, child] of this.convert(target, path, undefined).children) {
      if (!children.has(key)) children.set(key, child);
    }
  }
}
