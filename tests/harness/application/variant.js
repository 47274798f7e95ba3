import { readFileSync } from 'node:fs';

/** What this release is and how it misbehaves; `fault` is null for a good one. The names stand in application.ts. */
export const variant = JSON.parse(readFileSync(new URL('variant.json', import.meta.url), 'utf8'));
