import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutText, padText, showableText, textWidth, wrapText } from './text-width.ts';

const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;

test('width counts columns: colours take none, wide characters two, joining marks none', () => {
  assert.equal(textWidth(red('abc')), 3);
  assert.equal(textWidth('日本'), 4);
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('🚀'), 2);
  assert.equal(textWidth('✓ ok'), 4);
});

test('a cut text fits, ends with the ellipsis and closes its colours', () => {
  assert.equal(cutText('abcdef', 6), 'abcdef');
  assert.equal(cutText('abcdef', 4), 'abc…');
  assert.equal(cutText('日本語', 4), '日…');
  assert.equal(cutText(red('abcdef'), 4), '\u001b[31mabc…\u001b[0m');
  assert.equal(cutText('abc', 0), '');
  for (let width = 0; width < 12; width += 1)
    assert.ok(textWidth(cutText(`a日${red('bcd語')}efg`, width)) <= width);
});

test('a padded text has the width asked for, or its own', () => {
  assert.equal(padText('日', 4), '日  ');
  assert.equal(padText('abcdef', 4), 'abcdef');
});

test('wrapping keeps words whole', () => {
  assert.deepEqual(wrapText('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrapText('incomprehensibilities are long', 5), ['incomprehensibilities', 'are', 'long']);
  assert.deepEqual(wrapText('a\nb', 80), ['a', 'b']);
});

test('text of an application keeps its colours at most, and nothing that moves the cursor', () => {
  const hostile = '\u001b[2J\u001b]0;owned\u0007\u001b[31mred\u001b[0m\u0007\rgone\u001b[1A\u009b5m';
  assert.equal(showableText(hostile, false), 'redgone5m');
  assert.equal(showableText(hostile, true), '\u001b[31mred\u001b[0mgone5m\u001b[0m');
  assert.equal(showableText('tab\tstays', false), 'tab\tstays');
});
