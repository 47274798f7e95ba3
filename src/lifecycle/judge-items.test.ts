import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeItems, judged, notJudged } from './catalogue.ts';
import { type LifecycleItem, pass, sections, together, unknown } from './item.ts';
import { judgeItems } from './judge-items.ts';
import { day, hour, items, judge, now, Story, serving, shopManifest } from './test-facts.ts';

test('the checklist holds every line from A to H in order, judged or not', () => {
  const board = [...judge(new Story(), []).values()];
  const counts = Object.groupBy(board, ({ id }) => id.charAt(0));
  assert.deepEqual(
    Object.entries(counts).map(([section, lines]) => [section, lines?.length]),
    [
      ['A', 7],
      ['B', 6],
      ['C', 5],
      ['D', 8],
      ['E', 7],
      ['F', 3],
      ['G', 2],
      ['H', 4],
    ],
  );
  assert.deepEqual(
    board.map(({ section }) => section.charAt(0)),
    board.map(({ id }) => id.charAt(0)),
  );
  assert.ok(board.every(({ section }) => Object.values<string>(sections).includes(section)));
  assert.deepEqual(new Set(board.map(({ state }) => state)), new Set(['unknown']));
});

test('an item that nothing judges says so and asks for nothing', () => {
  const line = judge(new Story(), []).get('G2');
  assert.equal(line?.state, 'unknown');
  assert.equal(line?.next, null);
});

test('a capability adds its item beside the lines, and two cannot judge the same', () => {
  const own: LifecycleItem = { id: 'E9', section: 'E', title: 'Own', staleAfter: null, judge: notJudged };
  const composed = composeItems([[judged('E1', () => pass('Yes.', 1))], [own]]);
  assert.equal(composed.length, items.length + 1);
  assert.ok(composed.indexOf(own) > composed.findIndex(({ id }) => id === 'E7'));
  assert.throws(() => composeItems([[own], [own]]), /Two capabilities judge the item E9/);
  assert.throws(() => judged('Z1', notJudged), /no item Z1/);
});

const passing = (at: number, staleAfter: number | null): LifecycleItem => ({
  id: 'A1',
  section: 'A',
  title: 'Holds',
  staleAfter: staleAfter as LifecycleItem['staleAfter'],
  judge: () => pass('Seen.', at),
});
const noFacts = { app: 'shop', now, evidence: undefined as never, environments: [] };

test('evidence that is too old makes a pass stale, and says of when it is', () => {
  const [fresh] = judgeItems([passing(now - hour, day)], noFacts, []);
  assert.equal(fresh?.state, 'pass');
  const [old] = judgeItems([passing(now - 2 * day, day)], noFacts, []);
  assert.equal(old?.state, 'stale');
  assert.match(old?.reason ?? '', /Seen\. That was 2026-11-29/);
  const [lasting] = judgeItems([passing(now - 900 * day, null)], noFacts, []);
  assert.equal(lasting?.state, 'pass');
  const [ahead] = judgeItems([passing(now + day, day)], noFacts, []);
  assert.equal(ahead?.state, 'pass', 'a clock that was set back makes nothing old');
});

const waiver = (expiresAt: number, item = 'C5') => ({
  id: 1,
  app: 'shop',
  item,
  reason: 'two users',
  author: 'ada',
  createdAt: now - day,
  expiresAt,
});

test('a waiver sets an item aside until its day, with its reason', () => {
  const line = judge(new Story(), [], { waivers: [waiver(now + day)] }).get('C5');
  assert.equal(line?.state, 'waived');
  assert.match(line?.reason ?? '', /by ada until 2026-12-02: two users/);
  const expired = judge(new Story(), [], { waivers: [waiver(now - 1)] }).get('C5');
  assert.equal(expired?.state, 'unknown');
  assert.match(expired?.reason ?? '', /It was waived by ada until 2026-12-01/);
});

test('an item that passes is shown as passing although it is waived', () => {
  const [line] = judgeItems([passing(now, null)], noFacts, [waiver(now + day, 'A1')]);
  assert.equal(line?.state, 'pass');
});

test('several verdicts are as grave as the gravest, as old as its oldest', () => {
  const all = together([pass('One.', 5), unknown('Two.', 'Do.'), unknown('Three.', null)]);
  assert.deepEqual(all, { state: 'unknown', reason: 'Two. Three.', next: 'Do.', judgedFrom: null });
  assert.equal(together([pass('One.', 5), pass('Two.', 3)]).judgedFrom, 3);
});

test('the same facts give the same board', () => {
  const story = new Story().built('a'.repeat(64), 1).verified('shop/staging', 'a'.repeat(64), 1);
  const environments = [serving('shop/staging', shopManifest())];
  assert.deepEqual(judge(story, environments), judge(story, environments));
});
