import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobStore } from '../artifacts/blob-store.ts';
import { collectGarbage } from '../artifacts/collect-garbage.ts';
import { materialiseRelease } from '../artifacts/materialise-release.ts';
import { listReleases, removeRelease } from '../artifacts/staged-releases.ts';
import { instant } from '../core/units.ts';
import { EmbeddedIngress } from '../ingress/embedded/embedded-ingress.ts';
import { launchIngress } from '../ingress/embedded/launch-ingress.ts';
import { ListeningSocket } from '../ingress/embedded/listening-socket.ts';
import { writeRoutesFile } from '../ingress/embedded/routes-file.ts';
import { ProcessRuntime } from '../runtimes/process/process-runtime.ts';
import { systemClock } from '../system/clock.ts';
import { openHome } from '../system/home.ts';
import { openKey } from '../system/key-file.ts';
import { reportReady } from '../system/report-ready.ts';
import { createSealer } from '../system/sealing.ts';
import { runAgent } from './run-agent.ts';

/** The entry of agent processes in tests: `node test-agent-main.ts HOME`, wired with the real parts. */
const root = process.argv[2] ?? '';
const ingressMain = fileURLToPath(new URL('../ingress/embedded/test-ingress-main.ts', import.meta.url));
const agentMain = fileURLToPath(import.meta.url);

const home = openHome(root);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const inheritedSockets = (process.env['MAINSTAY_LISTEN_FDS'] ?? '').split(',').filter(Boolean).map(Number);
delete process.env['MAINSTAY_LISTEN_FDS'];
const blobs = new BlobStore(home.blobs);
await blobs.prepare();
const routesFile = join(home.ingress, 'routes.json');

await runAgent(
  {
    home,
    version: '0.0.0-test',
    clock: systemClock,
    runtime: new ProcessRuntime({
      directory: join(home.root, 'agent', 'runs'),
      cgroupName: null,
      measureMs: 100,
    }),
    sealer: createSealer(await openKey(home.key)),
    baseEnvironment: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
    },
    inheritedSockets,
    log: (message, fields) =>
      process.stderr.write(`${JSON.stringify({ at: Date.now(), message, ...fields })}\n`),
    onReady: () => reportReady(),
    artifacts: {
      missing: (digests, signal) => blobs.missing(digests, signal),
      put: async ({ digest, size }, content, signal) => {
        await blobs.putStream(content, signal, { digest, size });
      },
      stage: async (release, signal) => {
        const { files, bytes, already } = await materialiseRelease(blobs, release, home.releases, signal);
        return { files, bytes, already };
      },
      staged: () => listReleases(home.releases),
      async remove(releases, signal) {
        for (const release of releases) await removeRelease(home.releases, release);
        const keep = await listReleases(home.releases);
        await collectGarbage(blobs, { keep, usedAfter: instant(systemClock.now() - 3_600_000) }, signal);
      },
      treePath: (release) => join(home.releases, release),
    },
    ingress: {
      ingress: new EmbeddedIngress(home.ingressSocket),
      bind: (address, port) => ListeningSocket.bind(address, port),
      async launch(sockets, table, signal) {
        await writeRoutesFile(routesFile, table);
        return launchIngress(
          {
            argv: [process.execPath, ingressMain],
            directory: home.ingress,
            adminSocket: home.ingressSocket,
            routesFile,
            ...sockets,
            trustedProxies: [],
            guardian: {
              identityFile: home.agentLock,
              argv: [process.execPath, agentMain, root],
              logFile: home.agentLog,
            },
          },
          signal,
        );
      },
    },
  },
  stop.signal,
);
process.exit(0);
