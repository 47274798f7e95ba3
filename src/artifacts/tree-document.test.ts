import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../core/failure.ts';
import { canonicalJson } from '../core/json.ts';
import { digestOf } from './digest.ts';
import { type TreeEntry, treeOf } from './tree.ts';
import { decodeTree, encodeTree } from './tree-document.ts';

const file = (path: string): TreeEntry => ({
  type: 'file',
  path,
  size: 1,
  executable: false,
  digest: digestOf(path),
});
const directory = (path: string): TreeEntry => ({ type: 'directory', path });

/** As a hostile sender would write it: whatever the entries are. */
function raw(entries: readonly unknown[], head: unknown = { format: 1, entries: entries.length }): Buffer {
  return Buffer.from([head, ...entries].map((line) => `${canonicalJson(line)}\n`).join(''));
}

describe('a tree document', () => {
  it('comes back as it was, with any name that a file can have', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 20 }), (names) => {
        const tree = treeOf([...names.map(file), directory('a'.repeat(20)), file(`${'a'.repeat(20)}/\n`)]);
        assert.deepEqual(decodeTree(encodeTree(tree)), tree);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('does not depend on the order in which files were found', () => {
    const entries = [directory('b'), file('b/x'), file('a'), file('b-c')];
    assert.deepEqual(encodeTree(treeOf(entries)), encodeTree(treeOf(entries.toReversed())));
  });

  const hostile: Readonly<Record<string, Buffer>> = {
    'a path upwards': raw([file('../x')]),
    'an absolute path': raw([file('/etc/passwd')]),
    'a path with an empty name': raw([directory('a'), file('a//b')]),
    'a zero byte in a path': raw([file('a\0b')]),
    'a file in a link': raw([{ type: 'link', path: 'a', target: 'b' }, file('a/x')]),
    'a file in a directory that is not listed': raw([file('a/x')]),
    'the same path twice': raw([file('a'), file('a')]),
    'entries out of order': raw([file('b'), file('a')]),
    'a link that leads out': raw([{ type: 'link', path: 'a', target: '../x' }]),
    'a type that is none': raw([{ type: 'device', path: 'a' }]),
    'a size below zero': raw([{ ...file('a'), size: -1 }]),
    'a digest that is a path': raw([{ ...file('a'), digest: '../../x' }]),
    'no path': raw([{ type: 'directory' }]),
    'another format': raw([], { format: 2, entries: 0 }),
    'fewer entries than it says': raw([file('a')], { format: 1, entries: 2 }),
    'nothing at all': Buffer.alloc(0),
    'something else': Buffer.from('not a tree\n'),
    'a cut last line': raw([file('a'), file('b')]).subarray(0, -5),
  };
  for (const [what, content] of Object.entries(hostile)) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => decodeTree(content), { code: 'state-corrupt' });
    });
  }

  it('is refused or read, never anything else, when its bytes are changed', () => {
    const good = encodeTree(treeOf([directory('a'), file('a/b'), { type: 'link', path: 'c', target: 'a' }]));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(good);
        changed[at] = value;
        try {
          decodeTree(changed);
        } catch (error) {
          assert.ok(error instanceof Failure);
        }
      }),
      { numRuns: 1000, seed: 2 },
    );
  });
});
