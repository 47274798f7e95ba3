import { readFileSync } from 'node:fs';
import path from 'node:path';

const home = path.resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'));

/** Everything the guestbook can be told, read once from the environment. */
export function readConfiguration(environment = process.env) {
  return {
    version,
    release: environment.RELEASE || null,
    host: environment.HOST || '127.0.0.1',
    port: wholeNumber(environment, 'PORT', 3000, 0, 65_535),
    databaseFile: path.resolve(home, environment.DATABASE_FILE || 'data/guestbook.db'),
    uploadDirectory: path.resolve(home, environment.UPLOAD_DIR || 'data/uploads'),
    greeting: environment.GREETING || 'Come in, leave a line',
    sessionKey: environment.SESSION_KEY || null,
    warmUpMs: wholeNumber(environment, 'WARM_UP_MS', 0, 0, 600_000),
    maxPictureBytes: wholeNumber(environment, 'MAX_PICTURE_MB', 8, 1, 100) * 1024 * 1024,
  };
}

function wholeNumber(environment, name, fallback, least, most) {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`${name} is "${text}"; it must be a whole number from ${least} to ${most}.`);
}
