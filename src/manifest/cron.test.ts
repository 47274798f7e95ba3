import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cron } from 'croner';
import fc from 'fast-check';
import { cronProblem } from './cron.ts';

for (const text of [
  '* * * * *',
  '*/5 0-23/2 1,15 JAN-mar 7',
  '0 7 * * mon,FRI',
  ' 0  7\t29 2 * ',
  '0 0 31 1,2 *',
]) {
  test(`"${text}" is a schedule`, () => {
    assert.equal(cronProblem(text), null);
  });
}

for (const [text, message, hint] of [
  ['', /has 5 fields, this has 0$/, /0 7 \* \* \*/],
  ['0 7 * *', /has 5 fields, this has 4$/, /minute, hour/],
  ['0 0 7 * * *', /has 5 fields, this has 6$/, /minute, hour/],
  ['@daily', /not five cron fields/, /write "0 0 \* \* \*"/],
  ['60 * * * *', /^minute: "60" is not 0 to 59$/, undefined],
  ['* * 0 * *', /^day of the month: "0" is not 1 to 31$/, undefined],
  ['* * * foo *', /^month: "foo" is not 1 to 12 or jan, feb …$/, undefined],
  ['* * * * fri-mon', /^day of the week: the range fri-mon ends before it begins$/, /fri-7,0-mon/],
  ['5/15 * * * *', /^minute: "5\/15" steps from a single value$/, /write 5-59\/15/],
  ['*/0 * * * *', /^minute: the step 0 is not between 1 and 59$/, undefined],
  ['1, * * * *', /^minute: "" is not a cron field$/, undefined],
  ['0 0 30 2 *', /never run$/, undefined],
  ['0 0 31 4,6,9,11 *', /never run$/, undefined],
] as const) {
  test(`"${text}" is no schedule`, () => {
    const problem = cronProblem(text);
    assert.match(problem?.message ?? '', message);
    if (hint !== undefined) assert.match(problem?.hint ?? '', hint);
  });
}

test('every schedule that is accepted has a next time', () => {
  const number = (max: number, min = 0) => fc.integer({ min, max }).map(String);
  const range = (max: number, min = 0) =>
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${a}-${b}`);
  const field = (max: number, min = 0) => {
    const item = fc.oneof(fc.constant('*'), number(max, min), range(max, min));
    const step = fc.tuple(fc.oneof(fc.constant('*'), range(max, min)), number(max, 1));
    const stepped = step.map(([of, by]) => `${of}/${by}`);
    return fc.array(fc.oneof(item, stepped), { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
  };
  const line = fc.tuple(field(59), field(23), field(31, 1), field(12, 1), field(7));
  fc.assert(
    fc.property(line, (fields) => {
      const text = fields.join(' ');
      fc.pre(cronProblem(text) === null);
      const next = new Cron(text, { paused: true, timezone: 'UTC' }).nextRun('2026-01-01T00:00:00Z');
      assert.ok(next !== null, text);
    }),
    { seed: 1, numRuns: 500 },
  );
});
