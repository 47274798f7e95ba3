const longest = 200;

/**
 * ` (to /login)` for the field `Location` of an answer, or nothing. Without what may be a secret of a person or of the
 * application: the query, the fragment, and a name and password before the host.
 */
export function whereItLeads(location: string | undefined): string {
  if (location === undefined) return '';
  const place = (location.split(/[?#]/)[0] ?? '').replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, '$1//');
  return ` (to ${place.length > longest ? `${place.slice(0, longest)}…` : place})`;
}
