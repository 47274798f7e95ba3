import { showTimes } from './times.js';

const list = document.getElementById('list');
const empty = document.getElementById('empty');
const counter = document.getElementById('count');
const numbers = new Intl.NumberFormat('en');

/** Puts an entry on top, or in the place of the same entry. */
export function placeEntry(id, html) {
  const template = document.createElement('template');
  template.innerHTML = html.trim();
  const entry = template.content.firstElementChild;
  showTimes(entry);
  const present = findEntry(id);
  if (present) present.replaceWith(entry);
  else {
    entry.classList.add('is-new');
    list.prepend(entry);
    count(1);
  }
}

export function findEntry(id) {
  return document.getElementById(`entry-${id}`);
}

export function removeEntry(id) {
  const entry = findEntry(id);
  if (!entry) return;
  entry.remove();
  count(-1);
}

/** Reads the newest page again and shows it in the place of what is here. */
export async function readAnew() {
  const response = await fetch('/', { headers: { accept: 'text/html' } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  list.replaceChildren(...page.getElementById('list').children);
  counter.dataset.count = page.getElementById('count').dataset.count;
  count(0);
  showTimes(list);
}

function count(change) {
  const entries = Math.max(0, Number(counter.dataset.count) + change);
  counter.dataset.count = String(entries);
  if (entries === 0) counter.textContent = 'No one has signed yet';
  else counter.textContent = entries === 1 ? 'One entry so far' : `${numbers.format(entries)} entries so far`;
  empty.hidden = list.children.length > 0;
}
