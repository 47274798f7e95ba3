import type { Json } from '../core/json.ts';
import type { PlannedStep } from '../operations/step.ts';

export interface StepWish {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly input: Json;
  readonly onFailure?: PlannedStep['onFailure'];
  readonly pivot?: boolean;
  readonly commit?: boolean;
}

/** Collects steps wave by wave; a wave that got no step leaves no gap. */
export class WaveBuilder {
  readonly steps: PlannedStep[] = [];
  #wave = 0;
  #filled = false;

  add(wish: StepWish): void {
    const { onFailure = 'compensate', ...rest } = wish;
    this.steps.push({ ...rest, wave: this.#wave, onFailure });
    this.#filled = true;
  }

  next(): void {
    if (this.#filled) this.#wave += 1;
    this.#filled = false;
  }
}

export function shortRelease(release: { readonly digest: string; readonly number: number }): string {
  return `r${release.number} (${release.digest.slice(0, 8)})`;
}
