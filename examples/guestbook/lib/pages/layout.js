import { html } from './html.js';

/** The frame of every page. `assets.url` gives the addresses of style and script. */
export function layout({ title, assets, version, release, body, script = false, attributes = '' }) {
  return html`<!doctype html>
<html lang="en"${attributes}>
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <meta name="description" content="A guestbook. Leave a line and a picture; new entries appear while you read.">
  <meta name="color-scheme" content="light dark">
  <meta name="theme-color" content="#f6f0e4" media="(prefers-color-scheme: light)">
  <meta name="theme-color" content="#171a21" media="(prefers-color-scheme: dark)">
  <link rel="icon" href="${assets.url('icon.svg')}" type="image/svg+xml">
  <link rel="stylesheet" href="${assets.url('guestbook.css')}">
  ${script && html`<script type="module" src="${assets.url('guestbook.js')}"></script>`}
</head>
<body>
${body}
<footer class="foot">
  <p>Guestbook <span id="version">${version}</span>${release && html` · release <code>${release}</code>`}</p>
</footer>
</body>
</html>
`;
}
