import assert from 'node:assert/strict';
import test from 'node:test';
import { planSlot } from './plan-slot.ts';

const hour = 3_600_000;
/** Every full hour. */
const hourly = (after: number): number => (Math.floor(after / hour) + 1) * hour;
const at = (hours: number): number => hours * hour;

test('before the next slot there is nothing to do but wait for it', () => {
  const plan = planSlot({ now: at(10.5), lastSlot: at(10), next: hourly });
  assert.deepEqual(plan, { action: 'wait', nextAt: at(11) });
});

test('a slot is run when its time has come, and not again', () => {
  assert.deepEqual(planSlot({ now: at(11), lastSlot: at(10), next: hourly }), {
    action: 'run',
    slot: at(11),
  });
  assert.equal(planSlot({ now: at(11.1), lastSlot: at(11), next: hourly }).action, 'wait');
});

test('of several slots that were missed within the hour only the last is run', () => {
  const minutely = (after: number): number => (Math.floor(after / 60_000) + 1) * 60_000;
  const plan = planSlot({ now: at(12), lastSlot: at(11.5), next: minutely });
  assert.deepEqual(plan, { action: 'run', slot: at(12) });
});

test('a slot that was missed by more than an hour is given up', () => {
  const daily = (after: number): number => (Math.floor(after / at(24)) + 1) * at(24);
  const plan = planSlot({ now: at(26), lastSlot: at(20), next: daily });
  assert.deepEqual(plan, { action: 'give-up', slot: at(24) });
});

test('a clock that is set back does not run a slot a second time', () => {
  const plan = planSlot({ now: at(10.9), lastSlot: at(11), next: hourly });
  assert.deepEqual(plan, { action: 'wait', nextAt: at(12) });
});

test('a clock that was days ahead does not stop the job for days', () => {
  assert.deepEqual(planSlot({ now: at(10), lastSlot: at(100), next: hourly }), { action: 'clock-was-ahead' });
});

test('a schedule that never comes again is waited for without end', () => {
  assert.deepEqual(planSlot({ now: 5, lastSlot: 0, next: () => null }), { action: 'wait', nextAt: null });
});
