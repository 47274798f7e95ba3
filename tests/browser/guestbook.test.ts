import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { collectComplaints, findAccessibilityProblems } from './support/accessibility.ts';
import { noBrowser, openWindow } from './support/chromium.ts';
import { type Guestbook, startGuestbook } from './support/guestbook.ts';
import { drawPicture } from './support/picture.ts';

const sunset = { name: 'sunset.png', mimeType: 'image/png', buffer: drawPicture(600, 400) };

if (noBrowser) console.log(`Browser tests of the guestbook are skipped: ${noBrowser}.`);

suite('the guestbook in a browser', { skip: noBrowser ?? false }, () => {
  let guestbook: Guestbook;
  let window: BrowserContext & AsyncDisposable;

  before(async () => {
    guestbook = await startGuestbook({ GREETING: 'Hello from the test', RELEASE: 'abc123' });
    window = await openWindow();
  });
  after(async () => {
    await window?.[Symbol.asyncDispose]();
    await guestbook?.[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    const [_blank, ...pages] = window.pages();
    for (const page of pages) await page.close();
  });

  const openPage = async (path = '/'): Promise<Page> => {
    const page = await window.newPage();
    await page.goto(guestbook.url + path);
    return page;
  };
  const openLivePage = async (): Promise<Page> => {
    const page = await openPage();
    await page.locator('#live[data-state="live"]').waitFor();
    return page;
  };
  const sign = async (page: Page, name: string, message: string): Promise<void> => {
    await page.getByLabel('Your name').fill(name);
    await page.getByLabel('Your message').fill(message);
    await page.getByRole('button', { name: 'Sign' }).click();
    await page.getByText('Thank you. It is in the book.').waitFor();
  };

  test('an entry with a picture is written and stands in a second tab without a reload', async () => {
    const reader = await openLivePage();
    const writer = await openLivePage();
    const complaints = [collectComplaints(writer), collectComplaints(reader)];
    await writer.getByLabel('A picture').setInputFiles(sunset);
    await writer.getByLabel('What the picture shows').fill('The bay at six');
    await sign(writer, 'Rosa', 'Hello <b>you</b>');
    for (const page of [writer, reader]) {
      // A page behind another draws a few times a second only, and everything on it waits for that.
      await page.bringToFront();
      const entry = page.getByRole('listitem').filter({ hasText: 'Rosa' });
      await entry.getByText('Hello <b>you</b>').waitFor();
      const picture = entry.getByRole('img', { name: 'The bay at six' });
      await picture.scrollIntoViewIfNeeded();
      await waitUntil(async () => (await picture.evaluate(naturalWidth)) === 600);
      assert.equal(await entry.count(), 1);
    }
    assert.equal(await reader.locator('#announce').textContent(), 'New entry from Rosa');
    assert.equal(await writer.locator('#announce').textContent(), '');
    assert.deepEqual(complaints, [[], []]);
  });

  test('an entry that is taken back leaves the other tab as well', async () => {
    const reader = await openLivePage();
    const writer = await openLivePage();
    await sign(writer, 'Fickle', 'On second thoughts');
    await reader.getByText('On second thoughts').waitFor();
    const own = writer.getByRole('listitem').filter({ hasText: 'Fickle' });
    await own.getByRole('button', { name: 'Take back' }).click();
    await own.getByRole('button', { name: 'Take back for good?' }).click();
    await reader.getByText('On second thoughts').waitFor({ state: 'detached' });
    await own.waitFor({ state: 'detached' });
  });

  test('a reader gets what was written while the server was replaced', async () => {
    const reader = await openLivePage();
    await guestbook.stop();
    await guestbook.start();
    const response = await fetch(`${guestbook.url}/api/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Meanwhile', message: 'Written between two servers' }),
    });
    assert.equal(response.status, 201);
    await reader.getByText('Written between two servers').waitFor();
  });

  test('an entry that is refused says why, beside the field, and keeps the words', async () => {
    const page = await openLivePage();
    await page.getByLabel('Your name').fill('   ');
    await page.getByLabel('Your message').fill('Keep me');
    await page.getByRole('button', { name: 'Sign' }).click();
    await page.getByText('Please write your name.').waitFor();
    const name = page.getByLabel('Your name');
    assert.equal(await name.getAttribute('aria-invalid'), 'true');
    assert.equal(await name.getAttribute('aria-describedby'), 'name-wrong');
    assert.equal(await page.getByLabel('Your message').inputValue(), 'Keep me');
    assert.equal(await page.locator(':focus').getAttribute('id'), 'name');
    assert.deepEqual(await findAccessibilityProblems(page), []);
    await page.getByLabel('Your message').fill('');
  });

  test('the book can be signed and a picture looked at with the keyboard alone', async () => {
    const page = await openLivePage();
    await page.evaluate('localStorage.clear()');
    await page.reload();
    const focused = page.locator(':focus');
    await page.keyboard.press('Tab');
    assert.equal(await focused.textContent(), 'Skip to the entries');
    assert.notEqual(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'none');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Keys');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Typed, never clicked');
    await page.keyboard.press('Tab');
    assert.equal(await focused.getAttribute('id'), 'picture');
    await page.keyboard.press('Tab');
    assert.equal(await focused.textContent(), 'Sign');
    await page.keyboard.press('Enter');
    await page.getByRole('listitem').filter({ hasText: 'Typed, never clicked' }).waitFor();
    assert.equal(await focused.textContent(), 'Sign');

    const photo = page.locator('[data-photo]').first();
    await photo.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Picture' }).waitFor();
    assert.equal(await focused.getAttribute('aria-label'), 'Close picture');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.notEqual(await focused.getAttribute('data-photo'), null);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 320]) {
      test(`names, structure, contrast and size are right in ${colorScheme} at ${width} pixels`, async () => {
        const page = await openLivePage();
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 800 });
        await page.getByLabel('A picture').setInputFiles(sunset);
        await page.getByAltText('The picture you chose').waitFor();
        assert.deepEqual(await findAccessibilityProblems(page), []);
        await page.goto(`${guestbook.url}/nowhere`);
        assert.deepEqual(await findAccessibilityProblems(page), []);
      });
    }
  }

  test('the footer names the version and the release', async () => {
    const page = await openPage();
    assert.match(
      (await page.getByRole('contentinfo').textContent()) ?? '',
      /Guestbook \d+\.\d+\.\d+ · release abc123/,
    );
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Hello from the test');
  });

  test('without scripts the book can be signed just the same', async () => {
    await using plain = await openWindow({ javaScriptEnabled: false });
    const page = await plain.newPage();
    await page.goto(guestbook.url);
    await page.getByLabel('Your name').fill('Plain');
    await page.getByLabel('Your message').fill('No scripts here');
    await page.getByLabel('A picture').setInputFiles(sunset);
    await page.getByRole('button', { name: 'Sign' }).click();
    await page.getByRole('listitem').filter({ hasText: 'No scripts here' }).waitFor();
    await page.getByRole('img', { name: 'A picture from Plain' }).waitFor();
    assert.match(page.url(), /#entry-\d+$/);
  });
});

const naturalWidth = (image: { naturalWidth: number }): number => image.naturalWidth;

/** Asks again until it is so; the test's own time limit ends what never is. */
async function waitUntil(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await new Promise((resolve) => setTimeout(resolve, 50));
}
