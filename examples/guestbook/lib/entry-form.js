import { multipartParts } from './multipart.js';
import { RequestError } from './request-error.js';

const maxTextBytes = 64 * 1024;
const limits = { name: 60, message: 2000, description: 200, submission: 64 };

/**
 * Reads an entry out of a request, whichever way it was sent: JSON, a plain form, or a form with a
 * picture, which is on disk (received, not kept) when this resolves.
 */
export async function readEntryForm(request, pictures) {
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/form-data\b/i.test(type)) return readMultipart(request, type, pictures);
  const text = await readText(request.iterator({ destroyOnReturn: false }));
  if (/^application\/json\b/i.test(type)) return { fields: parseJson(text) };
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    return { fields: Object.fromEntries(new URLSearchParams(text)) };
  }
  throw new RequestError(415, 'Send an entry as a form or as JSON.');
}

async function readMultipart(request, type, pictures) {
  const fields = {};
  let picture;
  try {
    for await (const { name, fileName, body } of multipartParts(request, type)) {
      if (fileName === undefined) fields[name] = await readText(body);
      else if (name === 'picture' && !picture) picture = await pictures.receive(body);
    }
    return { fields, picture };
  } catch (error) {
    if (picture) await pictures.drop(picture);
    // The page that says what is wrong gives the writer their words back.
    if (error instanceof RequestError) error.sent = fields;
    throw error;
  }
}

async function readText(chunks) {
  const held = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxTextBytes) throw new RequestError(413, 'This is too long.');
    held.push(chunk);
  }
  return Buffer.concat(held).toString('utf8');
}

function parseJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestError(400, 'This is not JSON.');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new RequestError(400, 'An entry is a JSON object with "name" and "message".');
  }
  return value;
}

/** The entry in the fields of a form, tidied; throws a RequestError that names each field in the wrong. */
export function checkEntry(fields) {
  const entry = {
    name: oneLine(fields.name),
    message: lines(fields.message),
    description: oneLine(fields.description),
    submission: oneLine(fields.submission) || null,
  };
  const wrong = {};
  if (entry.name === '') wrong.name = 'Please write your name.';
  if (entry.message === '') wrong.message = 'Please write a message.';
  for (const [field, limit] of Object.entries(limits)) {
    const length = [...(entry[field] ?? '')].length;
    if (length > limit) wrong[field] = `At most ${limit} characters, please; these are ${length}.`;
  }
  if (Object.keys(wrong).length === 0) return entry;
  throw new RequestError(422, Object.values(wrong).join(' '), wrong);
}

// Control characters, and the marks that turn the direction of all the text after them.
const unwanted = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

function oneLine(value) {
  return text(value).replace(unwanted, ' ').replace(/\s+/g, ' ').trim();
}

function lines(value) {
  return text(value)
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(unwanted, ' ').trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function text(value) {
  return typeof value === 'string' ? value.normalize('NFC').toWellFormed() : '';
}
