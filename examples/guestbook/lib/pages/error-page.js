import { html } from './html.js';
import { layout } from './layout.js';

const titles = {
  403: 'Not from here',
  404: 'This page is blank',
  413: 'Too large',
  503: 'One moment, please',
};

/** What a person sees when there is nothing else to show. */
export function errorPage({ status, message, ...frame }) {
  const title = titles[status] ?? (status < 500 ? 'That did not work' : 'The ink ran out');
  return layout({
    ...frame,
    title: `${title} · Guestbook`,
    body: html`
<main class="blank">
  <p class="blank-mark" aria-hidden="true">${status}</p>
  <h1>${title}</h1>
  <p>${message}</p>
  <p><a class="button" href="/">Back to the guestbook</a></p>
</main>`,
  });
}
