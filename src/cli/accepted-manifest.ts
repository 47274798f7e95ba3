import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { HomeLocation } from './roles.ts';

/*
 * The control plane judges every manifest. Judging it here first spares a person the wait for what a typo makes
 * of it, but loading the parser takes longer than all else that a deploy does before its request is out. So the
 * text that was accepted last is kept, and the very same text is not judged here again.
 */

/** Whether the control plane of this home accepted this very text as the manifest of the app last. */
export function wasAccepted(home: HomeLocation, app: string, text: string): boolean {
  try {
    return readFileSync(fileOf(home, app), 'utf8') === text;
  } catch {
    return false;
  }
}

/** Losing it costs some milliseconds, so it is neither flushed nor reported when it cannot be written. */
export function noteAccepted(home: HomeLocation, app: string, text: string): void {
  try {
    mkdirSync(directoryOf(home), { recursive: true, mode: 0o700 });
    writeFileSync(fileOf(home, app), text, { mode: 0o600 });
  } catch {
    // As above.
  }
}

/** No app is called so: names begin with a letter. */
const directoryOf = (home: HomeLocation): string => `${home.root}/cache/.accepted-manifests`;

const fileOf = (home: HomeLocation, app: string): string => `${directoryOf(home)}/${app}.yaml`;
