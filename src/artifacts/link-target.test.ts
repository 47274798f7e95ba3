import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findEscapingLink, portableTarget } from './link-target.ts';

const link = (path: string, target: string) => ({ type: 'link', path, target }) as const;

describe('findEscapingLink', () => {
  const inside = [
    [link('a', 'b')],
    [link('a', '.')],
    [link('dir/a', '..')],
    [link('dir/sub/a', '../../other//file')],
    [link('a', 'missing/deep')],
    [link('a', 'b'), link('b', 'a')],
    [link('a', 'a')],
    [link('a', 'b/c'), link('b', 'd'), link('d/c', '../x')],
  ];
  for (const links of inside) {
    it(`lets ${links.map(({ path, target }) => `${path} → ${target}`).join(', ')} be`, () => {
      assert.equal(findEscapingLink(links), undefined);
    });
  }

  const outside = [
    { links: [link('a', '..')], culprit: 'a' },
    { links: [link('a', '/etc/passwd')], culprit: 'a' },
    { links: [link('dir/a', '../../x')], culprit: 'dir/a' },
    { links: [link('dir/a', './../b/../../x')], culprit: 'dir/a' },
    // Each name by name looks harmless: the first leads to the top, and from there it goes one up.
    { links: [link('deep/down/top', '../..'), link('way', 'deep/down/top/../x')], culprit: 'way' },
    { links: [link('a', 'b/c'), link('b', 'd'), link('d/c', '../../x')], culprit: 'a' },
  ];
  for (const { links, culprit } of outside) {
    it(`finds that ${culprit} of ${links.map(({ path, target }) => `${path} → ${target}`).join(', ')} leads out`, () => {
      assert.equal(findEscapingLink(links)?.path, culprit);
    });
  }
});

describe('portableTarget', () => {
  it('makes absolute links into the tree relative and leaves all others alone', () => {
    assert.equal(portableTarget('/srv/app', 'a', '/srv/app/lib/x'), 'lib/x');
    assert.equal(portableTarget('/srv/app', 'bin/sub/a', '/srv/app/lib/x'), '../../lib/x');
    assert.equal(portableTarget('/srv/app', 'bin/a', '/srv/app'), '..');
    assert.equal(portableTarget('/srv/app', 'a', '/srv/app'), '.');
    assert.equal(portableTarget('/srv/app', 'a', '/srv/application/x'), '/srv/application/x');
    assert.equal(portableTarget('/srv/app', 'a', '../x'), '../x');
  });
});
