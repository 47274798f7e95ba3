import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { checkEntry, readEntryForm } from './entry-form.js';
import { entryCard } from './pages/entry-card.js';
import { errorPage } from './pages/error-page.js';
import { guestbookPage } from './pages/guestbook-page.js';
import { RequestError } from './request-error.js';
import { isSameOrigin } from './same-origin.js';

const pageSize = 20;
const maxSlowMs = 60_000;

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/**
 * The guestbook as a function of a request: `handle(request, response)` answers every request, and
 * `upgrade(request, socket, head)` the WebSocket's. `findProblem` says what is wrong with the
 * database, or null.
 */
export function createApp({ configuration, entries, pictures, visitors, live, assets, findProblem }) {
  const { version, release, greeting, maxPictureBytes } = configuration;
  const frame = { assets, version, release };

  const showBook = (request, response, url, form = {}) => {
    const before = url.searchParams.get('before');
    const newest = before === null;
    // Read before the entries: an event in between is then told twice rather than never.
    const sequence = entries.lastSequence();
    const page = entries.page({ limit: pageSize, ...(newest ? {} : { before: idOf(before) }) });
    const book = {
      ...page,
      newest,
      sequence,
      count: entries.count(),
      digests: newest ? entries.digests() : [],
    };
    const shown = guestbookPage({
      greeting,
      book,
      visitor: visitors.recognise(request),
      form: { submission: randomUUID(), maxPictureBytes, ...form },
      frame,
    });
    sendPage(response, form.message ? form.status : 200, shown);
  };

  /** Stores the entry of a request; the picture is kept only together with its entry. */
  const write = async (request) => {
    const { fields, picture } = await readEntryForm(request, pictures);
    try {
      const entry = checkEntry(fields);
      const kept = picture && { ...(await pictures.keep(picture)), description: entry.description };
      const known = visitors.recognise(request);
      const visitor = known ? { id: known } : visitors.welcome(request);
      const stored = entries.write({ ...entry, picture: kept, visitor: visitor.id });
      if (stored.created) console.log(`Entry ${stored.entry.id} was written.`);
      else if (kept) await pictures.remove(kept.file);
      live.changed();
      return { ...stored, visitor };
    } catch (error) {
      if (picture) await pictures.drop(picture);
      if (error instanceof RequestError) error.sent = fields;
      throw error;
    }
  };

  const remove = async (request, id) => {
    const visitor = visitors.recognise(request);
    const picture = visitor && entries.remove(id, visitor);
    if (picture === undefined) throw new RequestError(403, 'Only who wrote an entry can take it back.');
    if (picture) await pictures.remove(picture);
    console.log(`Entry ${id} was taken back.`);
    live.changed();
  };

  const routes = {
    'GET /': showBook,

    'POST /entries': async (request, response, url) => {
      try {
        const { entry, visitor } = await write(request);
        const cookie = visitor.cookie ? { 'set-cookie': visitor.cookie } : {};
        response.writeHead(303, { ...cookie, location: `/#entry-${entry.id}` }).end();
      } catch (error) {
        if (!(error instanceof RequestError) || response.headersSent) throw error;
        const values = error.sent ?? {};
        finishReading(request, response);
        showBook(request, response, new URL('/', url), {
          values,
          wrong: error.fields,
          message:
            Object.keys(error.fields).length > 0 ? 'Your entry is not in the book yet.' : error.message,
          status: error.status,
        });
      }
    },

    'POST /entries/:id/remove': async (request, response, _url, id) => {
      await remove(request, idOf(id));
      response.writeHead(303, { location: '/' }).end();
    },

    'GET /api/entries': (_request, response, url) => {
      const before = url.searchParams.get('before');
      const limit = Math.min(100, idOf(url.searchParams.get('limit') ?? String(pageSize)));
      const page = entries.page({ limit, ...(before === null ? {} : { before: idOf(before) }) });
      sendJson(response, 200, { entries: page.entries.map(publicEntry), next: page.next });
    },

    'POST /api/entries': async (request, response, url) => {
      const { entry, created, visitor } = await write(request);
      if (visitor.cookie) response.setHeader('set-cookie', visitor.cookie);
      // The page asks for the entry as it stands in the book, so that it is drawn in one place only.
      const card = url.searchParams.has('html') && { html: String(entryCard(entry, visitor.id)) };
      sendJson(response, created ? 201 : 200, { ...publicEntry(entry), ...card });
    },

    'GET /api/entries/:id': (_request, response, _url, id) => {
      const entry = entries.find(idOf(id));
      if (!entry) throw new RequestError(404, 'There is no such entry.');
      sendJson(response, 200, publicEntry(entry));
    },

    'DELETE /api/entries/:id': async (request, response, _url, id) => {
      await remove(request, idOf(id));
      response.writeHead(204).end();
    },

    'GET /pictures/:id': async (request, response, _url, file) => {
      const picture = await pictures.find(file);
      if (!picture) throw new RequestError(404, 'There is no such picture.');
      response.writeHead(200, {
        'content-type': picture.type,
        'content-length': picture.bytes,
        'cache-control': 'public, max-age=31536000, immutable',
      });
      if (request.method === 'HEAD') response.end();
      else {
        const stream = picture.stream();
        stream.on('error', (error) => response.destroy(error));
        response.on('close', () => stream.destroy());
        stream.pipe(response);
      }
    },

    'GET /assets/:id': (request, response, url, file) => {
      const asset = assets.find(file, url.searchParams.get('v'));
      if (!asset) throw new RequestError(404, 'There is no such file.');
      const fresh = request.headers['if-none-match'] === asset.headers.etag;
      response.writeHead(fresh ? 304 : 200, asset.headers).end(fresh ? undefined : asset.content);
    },

    'GET /health': (_request, response) => {
      const problem = findProblem();
      sendJson(response, problem ? 503 : 200, {
        healthy: !problem,
        ...(problem && { problem }),
        version,
        release,
      });
    },

    'GET /version': (_request, response) => {
      sendJson(response, 200, {
        name: 'guestbook',
        version,
        release,
        node: process.version,
        pid: process.pid,
      });
    },

    /** A report that takes its time, up to a minute: `/slow?ms=10000`. */
    'GET /slow': async (request, response, url) => {
      const ms = Number(url.searchParams.get('ms') ?? 1000);
      if (!(ms >= 0 && ms <= maxSlowMs)) throw new RequestError(400, `"ms" must be from 0 to ${maxSlowMs}.`);
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      await wait(ms, undefined, { signal: gone.signal }).catch(() => {});
      if (!request.destroyed) sendJson(response, 200, { waitedMs: ms, version, release });
    },
  };
  const find = matcher(routes);

  const answer = async (request, response) => {
    const url = urlOf(request);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const { route, argument, allowed } = find(method, url.pathname);
    if (!route) {
      if (allowed.length === 0) throw new RequestError(404, 'There is nothing at this address.');
      response.setHeader('allow', allowed.join(', '));
      throw new RequestError(405, `This address takes ${allowed.join(' or ')} only.`);
    }
    if (method !== 'GET' && !isSameOrigin(request)) {
      throw new RequestError(403, 'This was sent by a page of another site.');
    }
    await route(request, response, url, argument);
  };

  return {
    async handle(request, response) {
      for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
      try {
        await answer(request, response);
      } catch (error) {
        fail(request, response, error, frame);
      }
    },
    upgrade(request, socket, head) {
      const url = urlOf(request);
      if (url.pathname !== '/live') return refuseUpgrade(socket, '404 Not Found');
      if (!isSameOrigin(request)) return refuseUpgrade(socket, '403 Forbidden');
      const after = url.searchParams.get('after');
      live.accept(request, socket, head, {
        visitor: visitors.recognise(request),
        after: /^\d{1,15}$/.test(after ?? '') ? Number(after) : undefined,
      });
    },
  };
}

/** Finds a route by method and path; `:id` stands for one segment. */
function matcher(routes) {
  const table = Object.entries(routes).map(([key, route]) => {
    const [method, pattern] = key.split(' ');
    return { method, route, pattern: new RegExp(`^${pattern.replace(':id', '([^/]+)')}$`) };
  });
  return (method, path) => {
    const here = table.filter(({ pattern }) => pattern.test(path));
    const match = here.find((candidate) => candidate.method === method);
    return {
      route: match?.route,
      argument: match?.pattern.exec(path)[1],
      allowed: here.map((candidate) => candidate.method),
    };
  };
}

function fail(request, response, error, frame) {
  if (request.destroyed && !request.complete) return;
  const known = error instanceof RequestError;
  if (!known) console.error(`${request.method} ${urlOf(request).pathname} failed:`, error);
  if (response.headersSent) return response.destroy();
  const status = known ? error.status : 500;
  const message = known ? error.message : 'Something went wrong on our side. It has been written down.';
  finishReading(request, response);
  if (request.headers.accept?.includes('text/html') && !urlOf(request).pathname.startsWith('/api/')) {
    sendPage(response, status, errorPage({ status, message, ...frame }));
  } else {
    sendJson(response, status, { error: message, ...(known && { fields: error.fields }) });
  }
}

/** Lets a body that nobody will read run out, so that its sender gets to read the answer. */
function finishReading(request, response) {
  if (request.complete) return;
  response.setHeader('connection', 'close');
  request.resume();
  setTimeout(() => request.destroy(), 10_000).unref();
}

function sendPage(response, status, page) {
  send(response, status, 'text/html; charset=utf-8', 'private, no-cache', String(page));
}

function sendJson(response, status, value) {
  send(response, status, 'application/json', 'no-store', `${JSON.stringify(value)}\n`);
}

function send(response, status, type, caching, text) {
  const content = Buffer.from(text);
  response.writeHead(status, {
    'content-type': type,
    'cache-control': caching,
    'content-length': content.length,
  });
  response.end(content);
}

function refuseUpgrade(socket, status) {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function publicEntry({ id, name, message, writtenAt, picture }) {
  return { id, name, message, writtenAt, picture };
}

function idOf(text) {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RequestError(400, `"${text.slice(0, 40)}" is not a number.`);
}

function urlOf({ url }) {
  // The host does not matter here. Glued together, as `//name/` alone would be taken for one.
  return URL.parse(url.startsWith('/') ? `http://guestbook${url}` : url) ?? new URL('http://guestbook/');
}
