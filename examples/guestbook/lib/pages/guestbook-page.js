import { entryCard } from './entry-card.js';
import { html } from './html.js';
import { layout } from './layout.js';

const numbers = new Intl.NumberFormat('en');

/** The book: the form, the entries, and what the last days brought. */
export function guestbookPage({ greeting, book, visitor, form, frame }) {
  return layout({
    ...frame,
    title: 'Guestbook',
    script: true,
    body: html`
<a class="skip" href="#entries">Skip to the entries</a>
<header class="cover">
  ${sprig}
  <p class="cover-kind">Guestbook</p>
  <h1 dir="auto">${greeting}</h1>
  <p class="cover-count"><span id="count" data-count="${book.count}">${countOf(book.count)}</span></p>
</header>
<p class="renewed" id="renewed" role="status" hidden>The guestbook was renewed: version <span data-version></span> is here. <a href="/">Load it</a></p>
<div class="spread">
  <div class="beside">
    <section class="desk" aria-labelledby="write-title">${writeForm(form)}
    </section>
    ${book.digests.length > 0 && days(book.digests)}
  </div>
  <main class="pages" id="book" data-sequence="${book.sequence}" data-live="${book.newest ? 'yes' : 'no'}">
    <div class="pages-head">
      <h2 id="entries" tabindex="-1">${book.newest ? 'Latest entries' : 'Older entries'}</h2>
      <p class="live" id="live" hidden></p>
    </div>
    <p class="visually-hidden" id="announce" role="log"></p>
    <button class="jump" id="jump" type="button" hidden></button>
    <ol class="entries" id="list" aria-labelledby="entries">${book.entries.map((entry) => entryCard(entry, visitor))}</ol>
    <p class="empty" id="empty"${book.entries.length > 0 ? html` hidden` : ''}>The first page is still white. It is yours.</p>
    ${turnPages(book)}
  </main>
</div>
<dialog class="viewer" id="viewer" aria-label="Picture">
  <form method="dialog"><button class="viewer-close" aria-label="Close picture">×</button></form>
  <img id="viewer-picture" alt="">
</dialog>`,
  });
}

function countOf(count) {
  if (count === 0) return 'No one has signed yet';
  return count === 1 ? 'One entry so far' : `${numbers.format(count)} entries so far`;
}

function writeForm({ values = {}, wrong = {}, message, submission, maxPictureBytes }) {
  return html`
    <h2 id="write-title">Sign the book</h2>
    <form class="write" id="write" method="post" action="/entries" enctype="multipart/form-data" data-max-bytes="${maxPictureBytes}">
      <p class="form-message" id="form-message" role="alert"${message ? '' : html` hidden`}>${message}</p>
      <input type="hidden" name="submission" value="${submission}">
      ${field(
        'name',
        wrong,
        html`<label for="name">Your name</label>
        <input id="name" name="name" type="text" required maxlength="60" autocomplete="name" dir="auto" value="${values.name}"${describe('name', wrong)}>`,
      )}
      ${field(
        'message',
        wrong,
        html`<label for="message">Your message</label>
        <textarea id="message" name="message" required maxlength="2000" rows="5" dir="auto"${describe('message', wrong)}>
${values.message}</textarea>`,
      )}
      ${field(
        'picture',
        wrong,
        html`<label for="picture">A picture <span class="optional">if you like</span></label>
        <input id="picture" name="picture" type="file" accept="image/jpeg,image/png,image/webp,image/gif"${describe('picture', wrong, 'picture-hint')}>
        <p class="hint" id="picture-hint">JPEG, PNG, WebP or GIF, up to ${maxPictureBytes / 1024 / 1024} MB</p>`,
      )}
      <div class="preview" id="preview" hidden>
        <img id="preview-picture" alt="The picture you chose">
        <button class="quiet" id="preview-remove" type="button">Leave it out</button>
      </div>
      ${field(
        'description',
        wrong,
        html`<label for="description">What the picture shows <span class="optional">for those who cannot see it</span></label>
        <input id="description" name="description" type="text" maxlength="200" dir="auto" value="${values.description}"${describe('description', wrong)}>`,
      )}
      <div class="send">
        <button class="button" id="send">Sign</button>
        <p class="send-state" id="send-state" role="status"></p>
      </div>
    </form>`;
}

function field(name, wrong, content) {
  return html`<div class="field${wrong[name] ? ' is-wrong' : ''}" data-field="${name}">${content}
        <p class="field-wrong" id="${name}-wrong"${wrong[name] ? '' : html` hidden`}>${wrong[name]}</p></div>`;
}

function describe(name, wrong, hint = '') {
  const ids = [hint, wrong[name] && `${name}-wrong`].filter(Boolean).join(' ');
  return html`${wrong[name] && html` aria-invalid="true"`}${ids && html` aria-describedby="${ids}"`}`;
}

function days(digests) {
  return html`
    <section class="days" aria-labelledby="days-title">
      <h2 id="days-title">Days gone by</h2>
      <ul>${digests.map(({ day, summary }) => html`<li><time datetime="${day}">${dayName(day)}</time> ${summary}</li>`)}</ul>
    </section>`;
}

function dayName(day) {
  const format = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' };
  return new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', format);
}

function turnPages({ newest, next }) {
  if (newest && next === null) return null;
  return html`
    <nav class="turn" aria-label="Pages">
      ${!newest && html`<a class="button is-plain" rel="start" href="/">Latest entries</a>`}
      ${next !== null && html`<a class="button is-plain" rel="next" href="/?before=${next}#entries">Older entries</a>`}
    </nav>`;
}

const sprig = html`<svg class="sprig" viewBox="0 0 240 40" aria-hidden="true" focusable="false">
    <path class="sprig-stem" d="M4 22c40-10 72-10 116 0s76 10 116 0"/>
    <path class="sprig-leaf" d="M34 16c4-9 12-12 20-11-2 8-9 12-20 11zM62 13c3-8 10-12 19-11-2 8-9 12-19 11zM48 15c6 4 9 10 7 17-7-2-10-9-7-17zM78 14c6 4 9 10 7 17-7-2-10-9-7-17zM206 27c-4 9-12 12-20 11 2-8 9-12 20-11zM178 30c-3 8-10 12-19 9 2-7 9-11 19-9zM192 28c-6-4-9-10-7-17 7 2 10 9 7 17zM162 29c-6-4-9-10-7-17 7 2 10 9 7 17z"/>
    <circle class="sprig-berry" cx="120" cy="22" r="4"/><circle class="sprig-berry" cx="108" cy="14" r="2.5"/><circle class="sprig-berry" cx="132" cy="30" r="2.5"/>
  </svg>`;
