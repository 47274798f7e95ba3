import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobStore } from '../artifacts/blob-store.ts';
import { LocalArtifacts } from '../artifacts/host-artifacts.ts';
import { LocalHost } from '../hosts/local/local-host.ts';
import { EmbeddedLauncher } from '../ingress/embedded/embedded-launcher.ts';
import { ProcessRuntime } from '../runtimes/process/process-runtime.ts';
import { systemClock } from '../system/clock.ts';
import { openHome } from '../system/home.ts';
import { openKey } from '../system/key-file.ts';
import { isAlive, type ProcessIdentity } from '../system/process-identity.ts';
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
const parent = JSON.parse(process.env['TEST_PARENT'] ?? 'null') as ProcessIdentity | null;
// A test that was ended leaves nothing behind: the agent, whoever started it, stops everything and itself.
if (parent !== null) {
  setInterval(() => {
    if (isAlive(parent)) return;
    const blobs = new BlobStore(home.blobs);
    const host = new LocalHost({ name: 'local', socketPath: home.agentSocket, blobs });
    host.call('shutdown', { instances: 'stop' }, stop.signal).catch(() => process.exit(1));
  }, 1000).unref();
}
const failurePoint = process.env['TEST_FAILURE_POINT'];
// Whoever is started from here must live.
delete process.env['TEST_FAILURE_POINT'];
const blobs = new BlobStore(home.blobs);
await blobs.prepare();

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
    async failurePoint(name) {
      if (name !== failurePoint) return;
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    },
    log: (message, fields) =>
      process.stderr.write(`${JSON.stringify({ at: Date.now(), message, ...fields })}\n`),
    onReady: () => reportReady(),
    artifacts: new LocalArtifacts(blobs, home.releases),
    ingress: new EmbeddedLauncher({
      argv: [process.execPath, ingressMain],
      directory: home.ingress,
      adminSocket: home.ingressSocket,
      guardian: {
        identityFile: home.agentLock,
        argv: [process.execPath, agentMain, root],
        logFile: home.agentLog,
      },
    }),
  },
  stop.signal,
);
process.exit(0);
