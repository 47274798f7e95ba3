import { findEntry, placeEntry, readAnew, removeEntry } from './list.js';
import { followBook } from './live.js';
import { showTimes } from './times.js';
import { setUpViewer } from './viewer.js';
import { nothingSending, setUpForm } from './write.js';

const book = document.getElementById('book');
const list = document.getElementById('list');
const liveSign = document.getElementById('live');
const announcer = document.getElementById('announce');
const jump = document.getElementById('jump');
const ownVersion = document.getElementById('version').textContent;
let unseen = 0;

showTimes();
setInterval(showTimes, 30_000);
setUpForm();
setUpViewer();
list.addEventListener('submit', (event) => void takeBack(event));

if (book.dataset.live === 'yes') {
  followBook({ after: Number(book.dataset.sequence), tell, show: showLive });
  jump.addEventListener('click', () => {
    document.getElementById('entries').focus({ preventScroll: true });
    book.scrollIntoView();
  });
  addEventListener('scroll', () => isListTopVisible() && forgetUnseen(), { passive: true });
}

async function tell(event) {
  await nothingSending();
  if (event.type === 'written' && !findEntry(event.id)) {
    placeEntry(event.id, event.html);
    announce(`New entry from ${event.name}`);
    if (!isListTopVisible()) showUnseen();
  }
  if (event.type === 'removed') removeEntry(event.id);
  if (event.type === 'welcome') {
    if (event.stale) void readAnew();
    if (event.version !== ownVersion) offerReload(event.version);
  }
}

function announce(text) {
  const line = document.createElement('span');
  line.textContent = text;
  announcer.replaceChildren(...[...announcer.children].slice(-4), line);
}

function showUnseen() {
  unseen += 1;
  jump.textContent = unseen === 1 ? '1 new entry ↑' : `${unseen} new entries ↑`;
  jump.hidden = false;
}

function forgetUnseen() {
  unseen = 0;
  jump.hidden = true;
}

function isListTopVisible() {
  return book.getBoundingClientRect().top > -120;
}

function showLive(state) {
  liveSign.hidden = false;
  liveSign.dataset.state = state;
  liveSign.textContent = state === 'live' ? 'Live' : 'Reconnecting…';
}

/** The page goes on working with a newer server; whoever wants the newer page decides when. */
function offerReload(version) {
  const notice = document.getElementById('renewed');
  notice.querySelector('[data-version]').textContent = version;
  notice.hidden = false;
}

/** Asks once more by its own label before an entry is gone. */
async function takeBack(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector('button');
  if (!form.dataset.asked) {
    form.dataset.asked = 'yes';
    button.textContent = 'Take back for good?';
    setTimeout(() => {
      delete form.dataset.asked;
      button.textContent = 'Take back';
    }, 5000);
    return;
  }
  const { id } = form.closest('.entry').dataset;
  const response = await fetch(`/api/entries/${id}`, { method: 'DELETE' }).catch(() => undefined);
  if (response?.ok) {
    removeEntry(id);
    announce('Your entry was taken back.');
    document.getElementById('entries').focus({ preventScroll: true });
  } else {
    button.textContent = 'That did not work. Try again?';
  }
}
