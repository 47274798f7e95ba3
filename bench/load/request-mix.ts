import type { LoadPlan } from './load-plan.ts';

export interface RequestShape {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly nonce: string;
  readonly slow: boolean;
  /** Opens a connection of its own instead of taking an idle one. */
  readonly fresh: boolean;
  readonly body: RequestBody | null;
}

export interface RequestBody {
  readonly content: Buffer;
  /** With `Transfer-Encoding: chunked`, else with a length. */
  readonly chunked: boolean;
  /** The content is sent in this many pieces, with a pause before each but the first. */
  readonly pieces: number;
  readonly pauseMs: number;
}

const largestBody = 256 * 1024;
const freshShare = 0.1;

/** Decides what the n-th request is. */
export function nextRequest(plan: LoadPlan, random: () => number, count: number): RequestShape {
  const nonce = `${count.toString(36)}-${Math.floor(random() * 2 ** 32).toString(36)}`;
  const fresh = random() < freshShare;
  const lot = random();
  if (lot < plan.slowShare) {
    const path = `/slow?ms=${plan.slowMs}&nonce=${nonce}`;
    return { method: 'GET', path, nonce, slow: true, fresh, body: null };
  }
  const isPost = lot < plan.slowShare + plan.postShare;
  return {
    method: isPost ? 'POST' : 'GET',
    path: `/echo?nonce=${nonce}`,
    nonce,
    slow: false,
    fresh,
    body: isPost ? nextBody(random) : null,
  };
}

/** Sizes from one byte to 256 KiB, small ones more often. */
function nextBody(random: () => number): RequestBody {
  const content = Buffer.alloc(Math.ceil(largestBody ** random()), Math.floor(random() * 256));
  return {
    content,
    chunked: random() < 1 / 3,
    pieces: Math.min(content.length, 1 + Math.floor(random() * 4)),
    pauseMs: Math.floor(random() * 20),
  };
}
