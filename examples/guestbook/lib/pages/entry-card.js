import { html } from './html.js';

const hues = 8;
const photoBox = { width: 640, height: 480 };
const dayFormat = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** One entry as it stands in the book; `visitor` may take back what they wrote. */
export function entryCard(entry, visitor) {
  const mine = visitor && entry.visitor === visitor;
  return html`
    <li class="entry" id="entry-${entry.id}" data-id="${entry.id}">
      <article>
        <header class="entry-head">
          <span class="seal hue-${hueOf(entry.name)}" aria-hidden="true">${initialOf(entry.name)}</span>
          <h3 class="entry-name"><bdi>${entry.name}</bdi></h3>
          <a class="entry-time" href="#entry-${entry.id}"><time datetime="${entry.writtenAt}">${dayFormat.format(new Date(entry.writtenAt))} UTC</time></a>
        </header>
        ${entry.picture && picture(entry)}
        ${paragraphs(entry.message)}
        ${mine && removeForm(entry)}
      </article>
    </li>`;
}

function picture({ name, picture: { url, width, height, description } }) {
  const text = description || `A picture from ${name}`;
  // The size in which it is shown, said before it is loaded: the entries below do not jump.
  const scale = Math.min(1, photoBox.width / width, photoBox.height / height);
  return html`
        <figure class="photo">
          <a href="${url}" data-photo><img src="${url}" width="${Math.round(width * scale)}" height="${Math.round(height * scale)}" alt="${text}" loading="lazy" decoding="async"></a>
          ${description && html`<figcaption dir="auto" aria-hidden="true">${description}</figcaption>`}
        </figure>`;
}

function paragraphs(message) {
  return message
    .split(/\n{2,}/)
    .map((paragraph) => html`<p class="entry-text" dir="auto">${breakLines(paragraph)}</p>`);
}

function breakLines(paragraph) {
  return paragraph.split('\n').map((line, index) => (index === 0 ? line : html`<br>${line}`));
}

function removeForm({ id }) {
  return html`
        <form class="entry-remove" method="post" action="/entries/${id}/remove" data-remove>
          <button class="quiet">Take back</button>
        </form>`;
}

function initialOf(name) {
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(name)][0].segment.toUpperCase();
}

function hueOf(name) {
  let sum = 7;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) >>> 0;
  return sum % hues;
}
