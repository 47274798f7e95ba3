import { WebSocketServer } from 'ws';

const pollMs = 200;
const heartbeatMs = 25_000;
const maxReaders = 2000;
const maxBehindBytes = 1024 * 1024;
const eventsAtOnce = 100;

// The codes a WebSocket is closed with (RFC 6455 and the IANA registry).
const serviceRestart = 1012;
const tryAgainLater = 1013;

/**
 * Tells every reader with an open WebSocket what happens to the book, in the order in which it
 * happened. A reader says which event it saw last (`?after=12`) and misses none, even when it was
 * away or comes back to another instance. Several instances share one database: SQLite's
 * `data_version` changes when another process commits, so an idle instance asks for one number.
 */
export function openLive({ database, entries, renderEntry, version }) {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  const dataVersion = database.prepare('PRAGMA data_version');
  const readers = new Set();
  let seen = entries.lastSequence();
  let lastDataVersion = dataVersion.get().data_version;
  let closing = false;

  const poll = () => {
    if (readers.size === 0) return;
    const current = dataVersion.get().data_version;
    if (current === lastDataVersion) return;
    lastDataVersion = current;
    publish();
  };

  const publish = () => {
    for (;;) {
      const events = entries.eventsAfter(seen, eventsAtOnce);
      for (const event of events) {
        seen = event.sequence;
        for (const reader of readers) send(reader, event);
      }
      if (events.length < eventsAtOnce) return;
    }
  };

  const send = (reader, event) => {
    if (event.sequence <= reader.after) return;
    reader.after = event.sequence;
    if (reader.socket.bufferedAmount > maxBehindBytes) reader.socket.terminate();
    else reader.socket.send(JSON.stringify(messageOf(event, reader.visitor)));
  };

  const messageOf = ({ kind, entry: id, sequence }, visitor) => {
    const entry = kind === 'written' ? entries.find(id) : undefined;
    // An entry that was written and removed since is only removed.
    if (!entry) return { type: 'removed', sequence, id };
    return { type: 'written', sequence, id, name: entry.name, html: String(renderEntry(entry, visitor)) };
  };

  const welcome = (socket, { visitor, after }) => {
    const now = entries.lastSequence();
    const reader = { socket, visitor, after: after ?? now, answered: true };
    socket.on('pong', () => (reader.answered = true));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => readers.delete(reader));
    const missed = now - reader.after;
    // Someone who was away for long reads the page anew rather than a hundred events.
    const stale = missed < 0 || missed > eventsAtOnce || reader.after < entries.clearedSequence();
    if (stale) reader.after = now;
    socket.send(JSON.stringify({ type: 'welcome', version, sequence: now, stale }));
    for (const event of entries.eventsAfter(reader.after, eventsAtOnce)) send(reader, event);
    // Nobody was told anything while nobody listened.
    if (readers.size === 0) seen = Math.max(seen, reader.after);
    readers.add(reader);
  };

  const beat = () => {
    for (const reader of readers) {
      if (!reader.answered) reader.socket.terminate();
      reader.answered = false;
      reader.socket.ping();
    }
  };

  const timers = [setInterval(poll, pollMs), setInterval(beat, heartbeatMs)];
  for (const timer of timers) timer.unref();

  return {
    /** Takes over the connection of an upgrade request. `after` is undefined for a reader without a past. */
    accept(request, socket, head, reader) {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        if (closing) webSocket.close(serviceRestart, 'restarting');
        else if (readers.size >= maxReaders) webSocket.close(tryAgainLater, 'too many readers');
        else welcome(webSocket, reader);
      });
    },
    /** Call after this process changed the book: its own commits do not change its `data_version`. */
    changed: publish,
    /** Sends every reader away, to come back to whoever serves next; resolves when all have gone. */
    async close(patienceMs = 2000) {
      closing = true;
      for (const timer of timers) clearInterval(timer);
      const gone = [...readers].map(({ socket }) => new Promise((done) => socket.once('close', done)));
      for (const { socket } of readers) socket.close(serviceRestart, 'restarting');
      const impatient = setTimeout(() => {
        for (const { socket } of readers) socket.terminate();
      }, patienceMs);
      await Promise.all(gone);
      clearTimeout(impatient);
    },
  };
}
