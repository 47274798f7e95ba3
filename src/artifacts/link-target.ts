interface Link {
  readonly type: 'link';
  readonly path: string;
  readonly target: string;
}

interface Other {
  readonly type: 'file' | 'directory';
  readonly path: string;
}

/** The kernel gives up after so many links as well; then the link leads nowhere. */
const mostHops = 40;

/**
 * The first link that leads out of the tree, whether at once or by way of other links. A link that leads nowhere, or in a
 * circle, stays inside.
 */
export function findEscapingLink(entries: readonly (Link | Other)[]): Link | undefined {
  const links = new Map<string, string>();
  for (const entry of entries) if (entry.type === 'link') links.set(entry.path, entry.target);
  if (links.size === 0) return undefined;
  return entries.find(
    (entry): entry is Link => entry.type === 'link' && leadsOut(links, entry.path, entry.target),
  );
}

/** Walks the target name by name as the kernel would, with `links` as the only links there are. */
function leadsOut(links: ReadonlyMap<string, string>, path: string, target: string): boolean {
  let hops = 0;
  let at = path.split('/').slice(0, -1);
  let rest = target;
  while (rest !== '') {
    if (rest.startsWith('/')) return true;
    const slash = rest.indexOf('/');
    const name = slash === -1 ? rest : rest.slice(0, slash);
    rest = slash === -1 ? '' : rest.slice(slash).replace(/^\/+/, '');
    if (name === '.' || name === '') continue;
    if (name === '..') {
      if (at.length === 0) return true;
      at = at.slice(0, -1);
      continue;
    }
    const next = links.get([...at, name].join('/'));
    if (next === undefined) {
      at = [...at, name];
      continue;
    }
    hops += 1;
    if (hops > mostHops) return false;
    rest = rest === '' ? next : `${next}/${rest}`;
  }
  return false;
}

/**
 * A link's target as it is kept: an absolute one into `root` becomes relative, so that the tree can be moved.
 */
export function portableTarget(root: string, path: string, target: string): string {
  if (target !== root && !target.startsWith(`${root}/`)) return target;
  const up = '../'.repeat(path.split('/').length - 1);
  return `${up}${target.slice(root.length + 1)}`.replace(/\/$/, '') || '.';
}
