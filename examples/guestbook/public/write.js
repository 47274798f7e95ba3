import { findEntry, placeEntry } from './list.js';
import { preparePicture } from './picture.js';

const form = document.getElementById('write');
const send = document.getElementById('send');
const state = document.getElementById('send-state');
const formMessage = document.getElementById('form-message');
const preview = document.getElementById('preview');
const previewPicture = document.getElementById('preview-picture');
const { name, message, picture, description, submission } = form.elements;
const tries = 4;
let sending = Promise.resolve();

/** Resolves when nothing is being sent: until then, an entry heard of may be the reader's own. */
export const nothingSending = () => sending;

/** Sends the form without leaving the page, and keeps what was written until it is in the book. */
export function setUpForm() {
  form.classList.add('is-lively');
  rememberDraft();
  picture.addEventListener('change', showPreview);
  document.getElementById('preview-remove').addEventListener('click', () => {
    picture.value = '';
    showPreview();
    picture.focus();
  });
  message.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (send.getAttribute('aria-disabled') !== 'true') sending = submit();
  });
  showPreview();
}

async function submit() {
  showWrong({});
  // Not `disabled`: that would take the focus away from who pressed it.
  send.setAttribute('aria-disabled', 'true');
  state.textContent = 'Signing…';
  try {
    const response = await post(await readForm());
    const answer = await response.json();
    if (response.ok) thank(answer);
    else showWrong(answer.fields ?? {}, answer.error);
  } catch {
    showWrong(
      {},
      'The guestbook cannot be reached. Your words are still here; please try again in a moment.',
    );
  } finally {
    send.removeAttribute('aria-disabled');
  }
}

async function readForm() {
  const data = new FormData(form);
  const [file] = picture.files;
  data.delete('picture');
  if (file) data.append('picture', await preparePicture(file), file.name);
  return data;
}

/** Tries again when the answer was lost: the submission's key keeps it from being written twice. */
async function post(body) {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch('/api/entries?html', { method: 'POST', body });
      if (![502, 503, 504].includes(response.status) || attempt === tries) return response;
    } catch (error) {
      if (attempt === tries) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** attempt));
  }
}

function thank({ id, html }) {
  placeEntry(id, html);
  state.textContent = 'Thank you. It is in the book.';
  startAnew();
  findEntry(id).scrollIntoView({ block: 'center' });
}

function startAnew() {
  message.value = '';
  description.value = '';
  picture.value = '';
  submission.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join(
    '-',
  );
  sessionStorage.removeItem('message');
  showPreview();
}

function showWrong(wrong, summary = '') {
  const some = Object.keys(wrong).length > 0;
  formMessage.textContent = summary && (some ? 'Your entry is not in the book yet.' : summary);
  formMessage.hidden = summary === '';
  if (summary) state.textContent = '';
  for (const field of form.querySelectorAll('[data-field]')) {
    const key = field.dataset.field;
    const note = field.querySelector('.field-wrong');
    const input = form.elements[key];
    note.textContent = wrong[key] ?? '';
    note.hidden = !wrong[key];
    field.classList.toggle('is-wrong', Boolean(wrong[key]));
    const hint = key === 'picture' ? ['picture-hint'] : [];
    const described = wrong[key] ? [...hint, note.id] : hint;
    input.toggleAttribute('aria-invalid', false);
    if (wrong[key]) input.setAttribute('aria-invalid', 'true');
    if (described.length > 0) input.setAttribute('aria-describedby', described.join(' '));
    else input.removeAttribute('aria-describedby');
  }
  form.querySelector('[aria-invalid="true"]')?.focus();
}

function showPreview() {
  const [file] = picture.files;
  if (previewPicture.src) URL.revokeObjectURL(previewPicture.src);
  if (file) previewPicture.src = URL.createObjectURL(file);
  else previewPicture.removeAttribute('src');
  preview.hidden = !file;
  // Asked for only when there is something to describe.
  form.classList.toggle('has-picture', Boolean(file));
}

/** A reload, or a way back, does not cost what was written. */
function rememberDraft() {
  name.value ||= localStorage.getItem('name') ?? '';
  message.value ||= sessionStorage.getItem('message') ?? '';
  name.addEventListener('input', () => localStorage.setItem('name', name.value));
  message.addEventListener('input', () => sessionStorage.setItem('message', message.value));
}
