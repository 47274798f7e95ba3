import type { EvidenceRecord } from './evidence.ts';
import type { EvidenceKind, Proof } from './evidence-kinds.ts';

/** Evidence by kind, for judging. */
export class EvidenceIndex {
  readonly #byKind: ReadonlyMap<string, readonly EvidenceRecord[]>;

  constructor(records: readonly EvidenceRecord[]) {
    this.#byKind = Map.groupBy(
      records.toSorted((a, b) => b.seq - a.seq),
      (record) => record.kind,
    );
  }

  /** Newest first. `subject`: only what is about exactly this. */
  all<K extends EvidenceKind>(kind: K, subject?: string): readonly Proof<K>[] {
    // Whoever appends a kind writes what `EvidenceKinds` says; the chain shows when it was changed since.
    const proofs = (this.#byKind.get(kind) ?? []) as unknown as readonly Proof<K>[];
    return subject === undefined ? proofs : proofs.filter((proof) => proof.subject === subject);
  }

  newest<K extends EvidenceKind>(
    kind: K,
    subject?: string,
    fits: (proof: Proof<K>) => boolean = () => true,
  ): Proof<K> | undefined {
    return this.all(kind, subject).find(fits);
  }
}
