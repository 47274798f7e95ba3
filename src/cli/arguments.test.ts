import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments, parseLeadingOptions } from './arguments.ts';

const specs = [
  { name: 'follow', short: 'f', summary: '' },
  { name: 'lines', short: 'n', value: 'LINES', summary: '' },
  { name: 'release', value: 'RELEASE', summary: '' },
];
const parse = (...argv: string[]) => parseArguments(argv, specs, 'mainstay logs');

test('options and words may come in any order and in every usual spelling', async () => {
  for (const argv of [
    ['staging', '-f', '-n', '5', 'web'],
    ['-fn5', 'staging', 'web'],
    ['--lines=5', 'staging', '--follow', 'web'],
    ['-f', '--lines', '5', 'staging', 'web'],
  ]) {
    const args = await parse(...argv);
    assert.deepEqual(args.words, ['staging', 'web'], argv.join(' '));
    assert.equal(args.flag('follow'), true);
    assert.equal(args.value('lines'), '5');
    assert.equal(args.value('release'), undefined);
    assert.equal(args.rest, null);
  }
});

test('what stands after -- is left alone', async () => {
  const args = await parse('staging', '--', 'ls', '-f', '--', '--unknown');
  assert.deepEqual(args.words, ['staging']);
  assert.deepEqual(args.rest, ['ls', '-f', '--', '--unknown']);
  assert.equal(args.flag('follow'), false);
});

test('a value may begin with a dash or hold equals signs', async () => {
  assert.equal((await parse('--release', '-x')).value('release'), '-x');
  assert.equal((await parse('--release=a=b=')).value('release'), 'a=b=');
  assert.equal((await parse('--release=')).value('release'), '');
});

test('a misspelt option is refused with the one that was meant', async () => {
  await assert.rejects(parse('--relase', 'r7'), {
    code: 'usage-invalid',
    message: 'mainstay logs: there is no option --relase; did you mean --release?',
    hint: 'See: mainstay logs --help',
  });
  await assert.rejects(parse('-x'), { message: 'mainstay logs: there is no option -x.' });
});

test('a missing value and a value too many are refused', async () => {
  await assert.rejects(parse('-n'), { message: 'mainstay logs: -n needs a value: -n LINES.' });
  await assert.rejects(parse('--follow=yes'), { message: 'mainstay logs: --follow takes no value.' });
});

test('options before the verb end at the verb', async () => {
  const { leading, rest } = await parseLeadingOptions(['-n', '3', 'deploy', '--follow'], specs, 'mainstay');
  assert.equal(leading.value('lines'), '3');
  assert.equal(leading.flag('follow'), false);
  assert.deepEqual(rest, ['deploy', '--follow']);
});
