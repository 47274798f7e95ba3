import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pictures } from './support/pictures.js';
import { install, openReader, postEntry, postForm, runScript, startServer } from './support/server.js';
import { temporaryFolder } from './support/temporary.js';

const megabyte = 1024 * 1024;

before(install);

const cookieOf = (response) => response.headers.getSetCookie()[0].split(';')[0];

test('an entry that was written can be read, and stands escaped on the page', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t), {
    GREETING: 'Hello & welcome',
    RELEASE: 'r1',
  });
  const response = await postEntry(url, { name: 'Ada <b>', message: 'Hi <script>\nthere' });
  assert.equal(response.status, 201);
  const entry = await response.json();
  assert.deepEqual((await (await fetch(`${url}/api/entries`)).json()).entries, [entry]);
  const page = await (await fetch(url)).text();
  assert.match(page, /Ada &lt;b&gt;/);
  assert.match(page, /Hi &lt;script&gt;<br>there/);
  assert.match(page, /Hello &amp; welcome/);
  assert.match(page, /Guestbook <span id="version">1\.\d+\.\d+<\/span> · release <code>r1<\/code>/);
});

test('pages of entries follow each other without gap or overlap', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t));
  for (let n = 1; n <= 7; n++) await postEntry(url, { name: `n${n}`, message: 'm' });
  const seen = [];
  for (let next = ''; next !== null; ) {
    const page = await (await fetch(`${url}/api/entries?limit=3${next && `&before=${next}`}`)).json();
    seen.push(...page.entries.map(({ name }) => name));
    next = page.next;
  }
  assert.deepEqual(seen, ['n7', 'n6', 'n5', 'n4', 'n3', 'n2', 'n1']);
});

test('a picture is stored, shown with its size, and served unchanged', async (t) => {
  const folder = await temporaryFolder(t);
  const { url } = await startServer(t, folder);
  const content = Buffer.concat([pictures.png(64, 48), Buffer.alloc(2 * megabyte, '\r\n--')]);
  const response = await postForm(url, { name: 'Ada', message: 'm', description: 'A hill' }, content);
  const { picture } = await response.json();
  assert.deepEqual({ ...picture, url: '' }, { url: '', width: 64, height: 48, description: 'A hill' });
  const served = await fetch(new URL(picture.url, url));
  assert.equal(served.headers.get('content-type'), 'image/png');
  assert.match(served.headers.get('cache-control'), /immutable/);
  assert.deepEqual(Buffer.from(await served.arrayBuffer()), content);
  assert.equal((await runScript('check.js', folder)).code, 0);
  await rm(path.join(folder, 'uploads', path.basename(picture.url)));
  const check = await runScript('check.js', folder);
  assert.equal(check.code, 1);
  assert.match(check.output, /picture of entry 1 is missing/);
});

test('a picture that is too large or none is refused with the reason, and leaves no file', async (t) => {
  const folder = await temporaryFolder(t);
  const { url } = await startServer(t, folder, { MAX_PICTURE_MB: '1' });
  const large = Buffer.concat([pictures.png(64, 48), Buffer.alloc(3 * megabyte)]);
  const tooLarge = await postForm(url, { name: 'Ada', message: 'm' }, large);
  assert.equal(tooLarge.status, 413);
  assert.match((await tooLarge.json()).fields.picture, /up to 1 MB/);
  const none = await postForm(url, { name: 'Ada', message: 'm' }, Buffer.from('<svg onload="alert(1)"/>'));
  assert.equal(none.status, 415);
  const unsigned = await postForm(url, { name: '', message: 'm' }, pictures.png(1, 1));
  assert.equal(unsigned.status, 422);
  assert.deepEqual(await readdir(path.join(folder, 'uploads')), []);
  assert.deepEqual((await (await fetch(`${url}/api/entries`)).json()).entries, []);
});

test('without scripts, the form leads back to the entry, or to itself with the words kept', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t));
  const send = (fields) =>
    fetch(`${url}/entries`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const good = await send({ name: 'Ada', message: 'm' });
  assert.equal(good.status, 303);
  assert.equal(good.headers.get('location'), '/#entry-1');
  const bad = await send({ name: '', message: 'Do not lose "me"' });
  assert.equal(bad.status, 422);
  const page = await bad.text();
  assert.match(page, /Do not lose &quot;me&quot;<\/textarea>/);
  assert.match(page, /Please write your name\./);
  assert.match(page, /aria-invalid="true" aria-describedby="name-wrong"/);
});

test('the same submission sent twice is written once', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t));
  const entry = { name: 'Ada', message: 'm', submission: 'key-1' };
  const [first, second] = await Promise.all([postEntry(url, entry), postEntry(url, entry)]);
  assert.deepEqual(new Set([first.status, second.status]), new Set([200, 201]));
  assert.equal((await first.json()).id, (await second.json()).id);
});

test('who wrote an entry can take it back, and nobody else', async (t) => {
  const folder = await temporaryFolder(t);
  const { url } = await startServer(t, folder, { SESSION_KEY: 'a secret' });
  const response = await postForm(url, { name: 'Ada', message: 'm' }, pictures.png(1, 1));
  const cookie = cookieOf(response);
  const stranger = cookieOf(await postEntry(url, { name: 'Bea', message: 'm' }));
  const takeBack = (headers) => fetch(`${url}/api/entries/1`, { method: 'DELETE', headers });
  assert.equal((await takeBack({})).status, 403);
  assert.equal((await takeBack({ cookie: stranger })).status, 403);
  assert.equal(
    (await takeBack({ cookie: cookie.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')) })).status,
    403,
  );
  assert.match(await (await fetch(url, { headers: { cookie } })).text(), /Take back/);
  assert.equal((await takeBack({ cookie })).status, 204);
  assert.equal((await fetch(`${url}/api/entries/1`)).status, 404);
  assert.deepEqual(await readdir(path.join(folder, 'uploads')), []);
});

test('a page of another site can neither write nor listen', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t));
  const entry = { name: 'Ada', message: 'm' };
  assert.equal((await postEntry(url, entry, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await postEntry(url, entry, { origin: 'https://elsewhere.example' })).status, 403);
  assert.equal((await postEntry(url, entry, { origin: new URL(url).origin })).status, 201);
  const reader = openReader(t, url, { headers: { origin: 'https://elsewhere.example' } });
  assert.equal(await reader.closed, 1006);
});

test('readers hear of an entry from every instance, in order, whichever they are connected to', async (t) => {
  const folder = await temporaryFolder(t);
  const one = await startServer(t, folder);
  const two = await startServer(t, folder);
  const readers = [openReader(t, one.url), openReader(t, two.url)];
  for (const reader of readers) assert.equal((await reader.next('welcome')).sequence, 0);
  await postEntry(one.url, { name: 'Ada', message: 'on one' });
  await postEntry(two.url, { name: 'Bea', message: 'on two' });
  for (const reader of readers) {
    const events = [await reader.next('written'), await reader.next('written')];
    assert.deepEqual(
      events.map(({ name, sequence }) => [name, sequence]),
      [
        ['Ada', 1],
        ['Bea', 2],
      ],
    );
    assert.match(events[0].html, /<li class="entry" id="entry-1"/);
  }
});

test('a reader who was away gets what it missed, removals included', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t));
  const cookie = cookieOf(await postEntry(url, { name: 'Ada', message: 'm' }));
  await postEntry(url, { name: 'Bea', message: 'm' });
  await fetch(`${url}/api/entries/1`, { method: 'DELETE', headers: { cookie } });
  const reader = openReader(t, url, { after: 1 });
  assert.equal((await reader.next('welcome')).stale, false);
  assert.equal((await reader.next('written')).name, 'Bea');
  assert.equal((await reader.next('removed')).id, 1);
  const lost = openReader(t, url, { after: 999 });
  assert.equal((await lost.next('welcome')).stale, true);
});

test('on SIGTERM the server finishes what it has begun, sends readers away, and exits cleanly', async (t) => {
  const { url, child } = await startServer(t, await temporaryFolder(t));
  const reader = openReader(t, url);
  await reader.next('welcome');
  const slow = fetch(`${url}/slow?ms=700`);
  await wait(200);
  child.kill('SIGTERM');
  assert.equal(await reader.closed, 1012);
  await assert.rejects(fetch(`${url}/version`, { headers: { connection: 'close' } }));
  assert.deepEqual((await (await slow).json()).waitedMs, 700);
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

test('a setting that makes no sense is named before anything starts', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, output } = await runScript('server.js', folder, { environment: { WARM_UP_MS: 'soon' } });
  assert.equal(code, 1);
  assert.match(output, /WARM_UP_MS is "soon"; it must be a whole number/);
});

test('a server does not start on a database that was not migrated', async (t) => {
  const { code, output } = await runScript('server.js', await temporaryFolder(t));
  assert.equal(code, 1);
  assert.match(output, /at migration 0, this release needs \d+.*migrate\.js/);
});

test('health tells the truth about the database', async (t) => {
  const folder = await temporaryFolder(t);
  const { url } = await startServer(t, folder);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  const { openDatabase } = await import('../lib/database.js');
  const database = openDatabase(path.join(folder, 'guestbook.db'));
  database.exec('DROP TABLE entries');
  database.close();
  const sick = await fetch(`${url}/health`);
  assert.equal(sick.status, 503);
  assert.match((await sick.json()).problem, /no such table/);
});

test('assets are kept for ever under their own address, and asked for anew under any other', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t));
  const [address] = /\/assets\/guestbook\.css\?v=[\w-]+/.exec(await (await fetch(url)).text());
  const kept = await fetch(new URL(address, url));
  assert.match(kept.headers.get('cache-control'), /immutable/);
  const other = await fetch(`${url}/assets/guestbook.css?v=older`);
  assert.equal(other.headers.get('cache-control'), 'no-cache');
  assert.equal(await other.text(), await kept.text());
  const again = await fetch(new URL(address, url), {
    headers: { 'if-none-match': kept.headers.get('etag') },
  });
  assert.equal(again.status, 304);
});

test('odd requests get an answer that says what is wrong', async (t) => {
  const { url } = await startServer(t, await temporaryFolder(t));
  const status = async (target, options) => (await fetch(url + target, options)).status;
  assert.equal(await status('/nowhere'), 404);
  assert.equal(await status('//name/'), 404);
  assert.equal(await status('/assets/..%2fserver.js'), 404);
  assert.equal(await status('/pictures/..%2f..%2fguestbook.db'), 404);
  assert.equal(await status('/health', { method: 'DELETE' }), 405);
  assert.equal(await status('/slow?ms=-1'), 400);
  assert.equal(await status('/slow?ms=600001'), 400);
  assert.equal(await status('/?before=x'), 400);
  assert.equal(await status('/api/entries', { method: 'POST', body: 'x' }), 415);
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  for (const body of ['{', 'null', '[]', '7'])
    assert.equal(await status('/api/entries', { ...json, body }), 400);
  assert.equal(
    await status('/api/entries', { ...json, body: JSON.stringify({ name: 'x'.repeat(100_000) }) }),
    413,
  );
});
