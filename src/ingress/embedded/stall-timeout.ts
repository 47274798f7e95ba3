/** A client that takes nothing of what was written to it for this long is cut. */
export const stallTimeoutMs = 300_000;
