import { readFileSync } from 'node:fs';

/**
 * What this release is and how it misbehaves: `never-healthy`, `exits-at-once`, `dies-in-watch`,
 * `failing-migration`, `failing-check`, or null for a good one.
 */
export const variant = JSON.parse(readFileSync(new URL('variant.json', import.meta.url), 'utf8'));
