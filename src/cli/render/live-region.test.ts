import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTerminal } from '../../../tests/support/fake-terminal.ts';
import { openOutput } from '../output.ts';
import { LiveRegion } from './live-region.ts';

/** What a terminal shows after it was sent this text: enough of one to know lines, and the moves that a region makes. */
function screen(text: string): string[] {
  const rows = [''];
  let row = 0;
  let column = 0;
  for (const [, up, erase, control, character] of text.matchAll(
    /\u001b\[(\d+)A|\u001b\[([JK])|(\r|\n|\u001b\[\?\d+[hl])|([^\u001b])/gu,
  )) {
    if (up !== undefined) row -= Number(up);
    else if (erase !== undefined) {
      rows[row] = (rows[row] ?? '').slice(0, column);
      if (erase === 'J') rows.splice(row + 1);
    } else if (control === '\r') column = 0;
    else if (control === '\n') {
      row += 1;
      column = 0;
      rows[row] ??= '';
    } else if (character !== undefined) {
      const line = rows[row] ?? '';
      rows[row] = line.slice(0, column).padEnd(column) + character + line.slice(column + 1);
      column += 1;
    }
    assert.ok(row >= 0, 'the cursor left the screen at its top');
  }
  return rows;
}

function region(columns = 40) {
  const terminal = new FakeTerminal({ columns });
  return { terminal, live: new LiveRegion(openOutput(terminal.stdout, terminal, true)) };
}

test('each frame takes the place of the one before, whatever their lengths', () => {
  const { terminal, live } = region();
  terminal.stdout.write('before\n');
  const frames = [['one'], ['one', 'two', 'three'], ['a longer first line', 'x'], [], ['last']];
  for (const frame of frames) {
    live.draw(frame);
    assert.deepEqual(screen(terminal.out), ['before', ...frame, '']);
  }
});

test('what is left stays, and text that follows comes below it', () => {
  const { terminal, live } = region();
  live.draw(['working', 'on it']);
  live.leave(['done']);
  terminal.stdout.write('after\n');
  live.draw(['again']);
  assert.deepEqual(screen(terminal.out), ['done', 'after', 'again', '']);
});

test('the cursor is visible again when the region is left', () => {
  const { terminal, live } = region();
  live.draw(['working']);
  live.leave(['done']);
  assert.ok(terminal.out.lastIndexOf('\u001b[?25h') > terminal.out.lastIndexOf('\u001b[?25l'));
});

test('a frame that did not change is not drawn again', () => {
  const { terminal, live } = region();
  live.draw(['same']);
  const { length } = terminal.out;
  live.draw(['same']);
  assert.equal(terminal.out.length, length);
});

test('after the terminal became narrower the way up counts the lines that broke', () => {
  const wide = region(40);
  wide.live.draw(['x'.repeat(39), 'y']);
  wide.terminal.stdout.columns = 20;
  wide.live.draw(['short']);
  assert.match(wide.terminal.out, /\u001b\[3Ashort/);
});
