import type { UpstreamEnd } from './upstream-connection.ts';

/**
 * Upstreams live on this machine, where the kernel resets a connection when it is closed with bytes that nobody
 * has read. So when a request of one write, small enough for the first read of any server, ends in a reset, the
 * application has not seen it: it may be sent again, whatever its method (RFC 9110 section 9.2.2 asks for just
 * such a proof).
 */
export const oneReadBytes = 4096;
const mostUnreadRepeats = 3;

/** How an attempt ended that brought no byte of an answer. */
export interface FailedAttempt {
  readonly how: UpstreamEnd;
  /** The request changes nothing and has no body. */
  readonly safe: boolean;
  /** The connection had served requests before. */
  readonly reused: boolean;
  /** All of the request left in one write of at most `oneReadBytes`. */
  readonly oneWrite: boolean;
}

/** Decides whether a request goes out once more. One object for each request. */
export class RepeatPolicy {
  #repeated = false;
  #unread = 0;

  mayRepeat(attempt: FailedAttempt): boolean {
    // Nothing was sent.
    if (attempt.how === 'refused') return true;
    if (attempt.how === 'reset' && attempt.oneWrite && this.#unread < mostUnreadRepeats) {
      this.#unread += 1;
      return true;
    }
    if (!attempt.safe) return false;
    // A connection that was kept may have been closed under the request: that says nothing of the instance.
    if (attempt.reused) return true;
    const first = !this.#repeated;
    this.#repeated = true;
    return first;
  }
}
