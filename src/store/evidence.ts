import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { canonicalJson } from '../core/json.ts';
import type { Clock } from '../core/units.ts';
import type {
  ChainHead,
  ChainReport,
  Evidence,
  EvidenceLog,
  EvidenceQuery,
  EvidenceRecord,
} from '../lifecycle/evidence.ts';
import type { Database, Row } from './database.ts';
import { integer, json, text } from './row.ts';

/** What stands before the first record. */
const origin = '0'.repeat(64);
const headKey = 'evidence_head';
/** Records recomputed before other work gets its turn. */
const batch = 1000;

/** The hash that a record must carry. */
export function evidenceHash(previousHash: string, record: Omit<EvidenceRecord, 'hash'>): string {
  const { seq, at, kind, subject, data } = record;
  return createHash('sha256')
    .update(previousHash + canonicalJson({ seq, at, kind, subject, data }))
    .digest('hex');
}

/** The chain of evidence. Its head is kept apart from the records, so that a chain cut short is noticed. */
export class SqliteEvidence implements EvidenceLog {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  append({ kind, subject, data }: Evidence): EvidenceRecord {
    return this.#database.transaction(() => {
      const head = this.head() ?? { seq: 0, hash: origin };
      const content = { seq: head.seq + 1, at: this.#clock.now(), kind, subject, data };
      const record = { ...content, hash: evidenceHash(head.hash, content) };
      this.#database.run(
        'INSERT INTO evidence (seq, at, kind, subject, data, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
        record.seq,
        record.at,
        kind,
        subject,
        canonicalJson(data),
        head.hash,
        record.hash,
      );
      this.#database.run(
        'INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
        headKey,
        JSON.stringify({ seq: record.seq, hash: record.hash }),
      );
      return record;
    });
  }

  read({ subject, kind, limit }: EvidenceQuery): readonly EvidenceRecord[] {
    return this.#database
      .all(
        `SELECT seq, at, kind, subject, data, hash FROM evidence
         WHERE (?1 IS NULL OR subject = ?1 OR (subject > ?1 || '/' AND subject < ?1 || '0'))
           AND (?2 IS NULL OR kind = ?2)
         ORDER BY seq DESC LIMIT ?3`,
        subject ?? null,
        kind ?? null,
        limit,
      )
      .map(toRecord);
  }

  /** The newest records of each kind and subject about an app, its environments, and all hosts; oldest first. */
  newestOfEachKind(app: string, perKind: number): readonly EvidenceRecord[] {
    // Two steps, because a window over all records would read every one of them.
    const groups = this.#database.all(
      `SELECT DISTINCT subject, kind FROM evidence
       WHERE subject = ?1 OR (subject > ?1 || '/' AND subject < ?1 || '0')
          OR (subject > 'host:' AND subject < 'host;')`,
      app,
    );
    return groups
      .flatMap((group) =>
        this.#database.all(
          `SELECT seq, at, kind, subject, data, hash FROM evidence
           WHERE subject = ? AND kind = ? ORDER BY seq DESC LIMIT ?`,
          text(group, 'subject'),
          text(group, 'kind'),
          perKind,
        ),
      )
      .map(toRecord)
      .sort((a, b) => a.seq - b.seq);
  }

  head(): ChainHead | null {
    const row = this.#database.get('SELECT value FROM meta WHERE key = ?', headKey);
    return row === undefined ? null : json<ChainHead>(row, 'value');
  }

  async verify(expectedHead: string | null, signal: AbortSignal): Promise<ChainReport> {
    const head = this.head();
    const last = head?.seq ?? 0;
    let seq = 0;
    let previous = origin;
    let found = expectedHead === null || expectedHead === origin;
    const broken = (at: number, problem: string): ChainReport => ({
      intact: false,
      records: seq,
      head,
      seq: at,
      problem,
    });
    while (seq < last) {
      const rows = this.#database.all(
        'SELECT * FROM evidence WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
        seq,
        last,
        batch,
      );
      if (rows.length === 0) return broken(seq + 1, `Records ${seq + 1} to ${last} are missing.`);
      for (const row of rows) {
        const problem = checkRecord(row, seq + 1, previous);
        if (problem !== undefined) return broken(seq + 1, problem);
        seq += 1;
        previous = text(row, 'hash');
        found ||= previous === expectedHead;
      }
      await setImmediate();
      signal.throwIfAborted();
    }
    if (head !== null && previous !== head.hash)
      return broken(last, `Record ${last} is not the one last written.`);
    const beyond = this.#firstBeyond(last);
    if (beyond !== undefined) return broken(beyond, `Record ${beyond} was added past the head of the chain.`);
    if (!found) return broken(last + 1, `The head ${expectedHead} noted earlier is not in the chain.`);
    return { intact: true, records: seq, head };
  }

  /** A record past the head; the head is read again with it, since evidence may be added meanwhile. */
  #firstBeyond(verified: number): number | undefined {
    const row = this.#database.get(
      `SELECT min(seq) AS seq FROM evidence
       WHERE seq > max(?1, coalesce((SELECT value ->> '$.seq' FROM meta WHERE key = ?2), 0)) OR seq < 1`,
      verified,
      headKey,
    );
    return row?.['seq'] === null || row === undefined ? undefined : integer(row, 'seq');
  }
}

function checkRecord(row: Row, expectedSeq: number, previousHash: string): string | undefined {
  const seq = integer(row, 'seq');
  if (seq !== expectedSeq) return `Record ${expectedSeq} is missing.`;
  if (text(row, 'previous_hash') !== previousHash) return `Record ${seq} does not follow the one before it.`;
  let record: EvidenceRecord;
  try {
    record = toRecord(row);
  } catch {
    return `Record ${seq} holds data that cannot be read.`;
  }
  if (record.hash !== evidenceHash(previousHash, record))
    return `Record ${seq} was changed after it was written.`;
  return undefined;
}

function toRecord(row: Row): EvidenceRecord {
  return {
    seq: integer(row, 'seq'),
    at: integer(row, 'at'),
    kind: text(row, 'kind'),
    subject: text(row, 'subject'),
    data: json(row, 'data'),
    hash: text(row, 'hash'),
  };
}
