import type { FailureCode } from './failure-codes.ts';

export interface FailureOptions {
  /** What the person can do about it, as a sentence. */
  readonly hint?: string;
  /** Whether trying the same thing again may succeed. Decided where the failure is made, nowhere else. */
  readonly retryable?: boolean;
  /** Facts for a program; must be JSON and hold no secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * Something that a person can act on: what failed, on what, why, and what to do.
 * Anything else that is thrown is a bug and keeps its stack.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  toJSON(): FailureDocument {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retryable: this.retryable,
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
    };
  }
}

/** A failure as it crosses the wire and lies in the journal. */
export interface FailureDocument {
  readonly code: FailureCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retryable: boolean;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export function failureFromDocument(document: FailureDocument): Failure {
  return new Failure(document.code, document.message, {
    retryable: document.retryable,
    ...(document.hint === undefined ? {} : { hint: document.hint }),
    ...(document.details === undefined ? {} : { details: document.details }),
  });
}

/** Turns anything thrown into a document; a bug becomes `internal` and keeps its message. */
export function toFailureDocument(thrown: unknown): FailureDocument {
  if (thrown instanceof Failure) return thrown.toJSON();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message: `Unexpected error: ${message}`, retryable: false };
}
