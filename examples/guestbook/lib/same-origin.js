/**
 * Whether a request that changes something (or opens a WebSocket) came from one of our own pages,
 * or from no page at all, such as a script. Browsers send at least one of these headers and do not
 * let another site's page choose its value.
 */
export function isSameOrigin(request) {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = request.headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
