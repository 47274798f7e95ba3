import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const faults = [
  'never-healthy',
  'exits-at-once',
  'dies-in-watch',
  'failing-migration',
  'failing-check',
] as const;
export type Fault = (typeof faults)[number];

/** What distinguishes one release of the application from another. */
export interface PulseVariant {
  readonly version: number;
  readonly warmUpMs: number;
  readonly fault: Fault | null;
}

/** Writes the source of the application, as its author would have it lie there, with this variant. */
export async function writePulse(directory: string, variant: PulseVariant): Promise<void> {
  await cp(join(import.meta.dirname, 'pulse'), directory, { recursive: true });
  await writeFile(join(directory, 'variant.json'), `${JSON.stringify(variant)}\n`);
}
