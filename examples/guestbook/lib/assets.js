import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files under public/, read once: they are small and belong to this version. */
export function readAssets(directory = path.resolve(import.meta.dirname, '../public')) {
  const assets = new Map();
  for (const file of readdirSync(directory)) {
    const type = types[path.extname(file)];
    if (!type) continue;
    const content = readFileSync(path.join(directory, file));
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 16);
    assets.set(file, { type, content, hash });
  }

  return {
    /** The address under which this very content may be cached for ever. */
    url: (file) => `/assets/${file}?v=${assets.get(file).hash}`,
    /**
     * Headers and content, or undefined. While two versions serve side by side, a page may ask the
     * other one for its asset: it gets what is here, and is told not to keep it.
     */
    find(file, version) {
      const asset = assets.get(file);
      if (!asset) return undefined;
      const immutable = version === asset.hash;
      return {
        content: asset.content,
        headers: {
          'content-type': asset.type,
          etag: `"${asset.hash}"`,
          'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
        },
      };
    },
  };
}
