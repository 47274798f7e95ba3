import type { ProjectFacts } from './project-facts.ts';
import { firstFile } from './project-facts.ts';
import type { Recipe } from './recipe.ts';
import { emptyRecipe } from './recipe.ts';

/** A folder with an index.html and nothing that would serve it. */
export function recogniseStatic(facts: ProjectFacts): Recipe | undefined {
  const index = firstFile(facts, [
    'index.html',
    'public/index.html',
    'dist/index.html',
    '_site/index.html',
    'site/index.html',
  ]);
  if (index === undefined) return undefined;
  const folder = index.includes('/') ? index.slice(0, index.indexOf('/')) : '.';
  return {
    ...emptyRecipe,
    ...serveFiles(folder, { singlePage: false }),
    // Served from the top, the manifest would be a page of the site.
    ignore: folder === '.' ? ['mainstay.yaml'] : [],
    notes: [
      'The files are served by a few lines of Node in the manifest itself, so the machine needs nothing else.',
    ],
  };
}

/** Serves a folder; with `singlePage` an unknown path gets the index, as sites that route in the browser need. */
export function serveFiles(
  folder: string,
  { singlePage }: { readonly singlePage: boolean },
): Pick<Recipe, 'services' | 'checks'> {
  return {
    services: [
      {
        name: 'web',
        command: ['node', '-e', fileServer(folder, singlePage)],
        why: 'A file server that needs no more than Node. Any program that listens on $PORT can take its place.',
        web: true,
        health: '/',
      },
    ],
    checks: [{ name: 'home', path: '/', why: 'What a visitor sees first.' }],
  };
}

const fileServer = (
  folder: string,
  singlePage: boolean,
) => `const { createReadStream, promises: fs } = require('node:fs');
const { join, resolve, extname, sep } = require('node:path');
const root = resolve('${folder}');
const types = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.jpg': 'image/jpeg', '.webp': 'image/webp', '.ico': 'image/x-icon', '.woff2': 'font/woff2', '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8', '.xml': 'application/xml', '.pdf': 'application/pdf',
};
async function fileFor(url) {
  const path = decodeURIComponent(new URL(url, 'http://site').pathname);
  const file = join(root, path);
  if (file !== root && !file.startsWith(root + sep)) return undefined;
  if (/\\/\\.(?!well-known\\/)|\\0/.test(path)) return undefined;
  for (const name of [file, join(file, 'index.html')${singlePage ? ", join(root, 'index.html')" : ''}]) {
    const found = await fs.stat(name).catch(() => undefined);
    if (found?.isFile()) return { name, size: found.size };
  }
}
require('node:http').createServer(async (request, response) => {
  const file = await fileFor(request.url).catch(() => undefined);
  const read = request.method === 'GET' || request.method === 'HEAD';
  if (!file || !read) return response.writeHead(read ? 404 : 405).end();
  response.writeHead(200, {
    'content-type': types[extname(file.name).toLowerCase()] ?? 'application/octet-stream',
    'content-length': file.size,
  });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file.name).on('error', () => response.destroy()).pipe(response);
}).listen(process.env.PORT, '127.0.0.1');
`;
