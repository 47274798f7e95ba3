import type { Json } from '../core/json.ts';

/** Something that was done or seen. */
export interface Evidence {
  /** Dotted, one of `EvidenceKinds`: `deploy.verified`. */
  readonly kind: string;
  /** What it is about: `app`, `app/environment` or `host:name`. */
  readonly subject: string;
  /** Holds no secret, not even a sealed one. */
  readonly data: Json;
}

/** One link of the chain: `hash` = SHA-256 over the hash before it and the canonical JSON of the rest. */
export interface EvidenceRecord extends Evidence {
  /** Counts from 1 without gaps. */
  readonly seq: number;
  readonly at: number;
  readonly hash: string;
}

export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** What recomputing the whole chain found. `seq` names the first record that does not fit. */
export type ChainReport =
  | { readonly intact: true; readonly records: number; readonly head: ChainHead | null }
  | {
      readonly intact: false;
      readonly records: number;
      readonly head: ChainHead | null;
      readonly seq: number;
      readonly problem: string;
    };

export interface EvidenceQuery {
  /** This subject, or for an app all of its environments as well. */
  readonly subject?: string | undefined;
  readonly kind?: string | undefined;
  readonly limit: number;
}

export interface EvidenceLog {
  /** Joins the caller's transaction when there is one. */
  append(evidence: Evidence): EvidenceRecord;
  /** Newest first. */
  read(query: EvidenceQuery): readonly EvidenceRecord[];
  head(): ChainHead | null;
  /**
   * Recomputes every hash. `expectedHead`: a hash noted earlier that must still be in the chain, which is how
   * a chain that was cut, or written anew as a whole, is found out.
   */
  verify(expectedHead: string | null, signal: AbortSignal): Promise<ChainReport>;
}

/** Sets one item of one app aside until a day, for a reason. */
export interface Waiver {
  readonly id: number;
  readonly app: string;
  readonly item: string;
  readonly reason: string;
  readonly author: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}
