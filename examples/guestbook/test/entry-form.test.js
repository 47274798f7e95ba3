import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEntry } from '../lib/entry-form.js';
import { html } from '../lib/pages/html.js';

test('an entry is tidied without losing what was meant', () => {
  const entry = checkEntry({
    name: '  Ada \u202e Lovelace\n',
    message: '\r\nfirst\tline  \r\nsecond\n\n\n\n\nthird\u0000\n',
    description: '',
    submission: 'k1',
  });
  assert.deepEqual(entry, {
    name: 'Ada Lovelace',
    message: 'first line\nsecond\n\nthird',
    description: '',
    submission: 'k1',
  });
});

test('letters, accents and emoji of any language are kept and counted as people count them', () => {
  const name = '👩‍👩‍👧 Žofie 花子 ليلى';
  assert.equal(checkEntry({ name, message: 'x'.repeat(2000) }).name, name);
  assert.equal(checkEntry({ name: '💐'.repeat(60), message: 'm' }).name.length, 120);
});

test('all that is wrong with an entry is said at once, by field', () => {
  assert.throws(
    () => checkEntry({ name: ' \n ', message: 'x'.repeat(2001) }),
    (error) => {
      assert.equal(error.status, 422);
      assert.deepEqual(Object.keys(error.fields), ['name', 'message']);
      assert.match(error.fields.message, /2000 characters.*2001/);
      return true;
    },
  );
});

test('fields that are not texts count as empty', () => {
  for (const odd of [undefined, null, 7, {}, [], true]) {
    assert.throws(() => checkEntry({ name: odd, message: odd }), { status: 422 });
  }
});

test('whatever is put into a page is escaped, except pages themselves', () => {
  const inner = html`<b>${'<i>&"\''}</b>`;
  assert.equal(
    String(html`<p title="${'"'}">${inner}${[inner, '<']}${null}${false}${0}</p>`),
    '<p title="&quot;"><b>&lt;i&gt;&amp;&quot;&#39;</b><b>&lt;i&gt;&amp;&quot;&#39;</b>&lt;0</p>',
  );
});
