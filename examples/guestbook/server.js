import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { createApp } from './lib/app.js';
import { readAssets } from './lib/assets.js';
import { readConfiguration } from './lib/configuration.js';
import { openDatabase } from './lib/database.js';
import { openEntries } from './lib/entries.js';
import { openLive } from './lib/live.js';
import { migrationProblem, readMigrations } from './lib/migrations.js';
import { entryCard } from './lib/pages/entry-card.js';
import { openPictures } from './lib/pictures.js';
import { openVisitors } from './lib/visitor.js';

const configuration = readConfiguration();
const database = openDatabase(configuration.databaseFile);
const migrations = readMigrations();
const problem = migrationProblem(database, migrations);
if (problem) {
  console.error(`Cannot start: ${problem}. Run "node migrate.js" of this release first.`);
  process.exit(1);
}

const sessionKey =
  configuration.sessionKey ??
  database.prepare("SELECT value FROM settings WHERE name = 'session_key'").get().value;
const entries = openEntries(database);
const live = openLive({ database, entries, renderEntry: entryCard, version: configuration.version });
const app = createApp({
  configuration,
  database,
  entries,
  pictures: openPictures(configuration.uploadDirectory, configuration.maxPictureBytes),
  visitors: openVisitors(sessionKey),
  live,
  assets: readAssets(),
  findProblem() {
    try {
      entries.page({ limit: 1 });
      return migrationProblem(database, migrations);
    } catch (error) {
      return `the database does not answer: ${error.message}`;
    }
  },
});

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop(signal));

const server = createServer((request, response) => {
  if (stopping) response.setHeader('connection', 'close');
  void app.handle(request, response);
});
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy());
  app.upgrade(request, socket, head);
});
// Longer than proxies keep an idle connection: then it is the proxy that closes it, never while it sends.
server.keepAliveTimeout = 65_000;

if (configuration.warmUpMs > 0) await wait(configuration.warmUpMs);
if (!stopping) {
  server.on('error', (error) => {
    console.error(`Cannot listen on ${configuration.host}:${configuration.port}: ${error.message}`);
    process.exit(1);
  });
  server.listen(configuration.port, configuration.host, () => {
    const { address, port } = server.address();
    console.log(`Guestbook ${configuration.version} listens on http://${address}:${port}`);
  });
}

/** Takes nothing new, finishes what it has begun, sends live readers elsewhere, closes the book. */
async function stop(signal) {
  stopping = true;
  console.log(`${signal}: finishing what is under way.`);
  const finished = new Promise((resolve) => server.close(resolve));
  // A connection whose last request has just been answered is idle only now.
  setInterval(() => server.closeIdleConnections(), 100).unref();
  await Promise.all([finished, live.close()]);
  database.close();
  console.log('Closed.');
  process.exit(0);
}
