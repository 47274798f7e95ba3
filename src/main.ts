import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliRoles } from './cli/roles.ts';
import { version } from './core/version.ts';
import type { FailurePoints } from './operations/failure-points.ts';
import { systemClock } from './system/clock.ts';
import { type Home, homeRoot, openHome } from './system/home.ts';

/**
 * The composition root: the only file that names drivers. Each role imports what it needs when it is played,
 * so that a command which only asks a question starts fast.
 */
const program = fileURLToPath(new URL('../bin/mainstay', import.meta.url));

/** Plays the role that the arguments name. Importing this file does nothing. */
export async function main(argv: readonly string[]): Promise<void> {
  const [role, ...rest] = argv;
  if (role === 'ingress') await playIngress(rest);
  else process.exitCode = await playCli(argv);
}

async function playCli(argv: readonly string[]): Promise<number> {
  const [{ runCli }, { processIo }] = await Promise.all([
    import('./cli/run-cli.ts'),
    import('./cli/cli-io.ts'),
  ]);
  const roles: CliRoles = {
    version,
    clock: systemClock,
    locateHome: (directory) =>
      openHome(
        homeRoot(directory === undefined ? process.env : { ...process.env, MAINSTAY_HOME: directory }),
      ),
    ensureControl: async ({ root }, signal) => {
      const { ensureControl } = await import('./control/start-control.ts');
      const home = openHome(root);
      await ensureControl(home, [program, 'serve'], roleEnvironment(home), signal);
    },
    serve: ({ root }) => reporting(() => playControl(openHome(root))),
    agent: ({ root }) => playAgent(openHome(root)),
  };
  return runCli(argv, processIo(), roles);
}

/**
 * Roles in the background find their home by this variable. When an instance or a task was the one to start them, they
 * do not belong to it: with its mark they would be ended together with it.
 */
function roleEnvironment(home: Home): NodeJS.ProcessEnv {
  const { MAINSTAY_RUN: _mark, ...environment } = process.env;
  return { ...environment, MAINSTAY_HOME: home.root };
}

/** Whoever started this role in the background hears why it ends before it was ready. */
async function reporting(play: () => Promise<number>): Promise<number> {
  try {
    return await play();
  } catch (thrown) {
    const [{ reportReady }, { toFailureDocument }] = await Promise.all([
      import('./system/report-ready.ts'),
      import('./core/failure.ts'),
    ]);
    reportReady(toFailureDocument(thrown));
    throw thrown;
  }
}

async function playControl(home: Home): Promise<number> {
  const [{ runControl }, { LocalHost }, { BlobStore }, environment, { roleSignal, writeLog }] =
    await Promise.all([
      import('./control/run-control.ts'),
      import('./hosts/local/local-host.ts'),
      import('./artifacts/blob-store.ts'),
      import('./system/program-environment.ts'),
      import('./system/role.ts'),
    ]);
  const { networkVariables } = await import('./releases/build/build-environment.ts');
  const blobs = new BlobStore(home.blobs);
  const local = new LocalHost({ name: 'local', socketPath: home.agentSocket, blobs });
  const signal = roleSignal();
  await runControl(
    {
      home,
      version,
      clock: systemClock,
      blobs,
      sealer: await openSealer(home),
      log: writeLog,
      hosts: [local],
      ensureAgent: await agentStarter(home),
      buildEnvironment: {
        path: environment.programPath(process.env),
        variables: { ...networkVariables(process.env), ...environment.packageManagerSettings(process.env) },
      },
      failurePoints: await failurePoints(),
    },
    signal,
  );
  return 0;
}

/** Tests name the instant at which this process ends itself; without that nothing listens. */
async function failurePoints(): Promise<FailurePoints | undefined> {
  const wanted = process.env['MAINSTAY_FAILURE_POINT'];
  if (wanted === undefined) return undefined;
  return (await import('./operations/kill-at-failure-point.ts')).killAtFailurePoint(wanted);
}

async function agentStarter(home: Home): Promise<(signal: AbortSignal) => Promise<void>> {
  const [{ ensureAgent }, { EmbeddedIngress }] = await Promise.all([
    import('./agent/start-agent.ts'),
    import('./ingress/embedded/embedded-ingress.ts'),
  ]);
  const ingress = new EmbeddedIngress(home.ingressSocket);
  return async (signal) => {
    await ensureAgent(
      {
        home,
        argv: [program, 'agent'],
        environment: roleEnvironment(home),
        spawnThroughIngress: (until) => ingress.spawnAgent(until),
      },
      signal,
    );
  };
}

async function playAgent(home: Home): Promise<number> {
  const [{ runAgent }, { ProcessRuntime }, { EmbeddedLauncher }, { LocalArtifacts }, { BlobStore }] =
    await Promise.all([
      import('./agent/run-agent.ts'),
      import('./runtimes/process/process-runtime.ts'),
      import('./ingress/embedded/embedded-launcher.ts'),
      import('./artifacts/host-artifacts.ts'),
      import('./artifacts/blob-store.ts'),
    ]);
  const { roleSignal, writeLog } = await import('./system/role.ts');
  const { baseEnvironment } = await import('./system/program-environment.ts');
  const { reportReady } = await import('./system/report-ready.ts');
  const { toFailureDocument } = await import('./core/failure.ts');
  const signal = roleSignal();
  const inherited = (process.env['MAINSTAY_LISTEN_FDS'] ?? '').split(',').filter(Boolean).map(Number);
  delete process.env['MAINSTAY_LISTEN_FDS'];
  try {
    const blobs = new BlobStore(home.blobs);
    await blobs.prepare();
    await runAgent(
      {
        home,
        version,
        clock: systemClock,
        runtime: new ProcessRuntime({
          directory: join(home.root, 'agent', 'runs'),
          cgroupName: cgroupName(home),
        }),
        ingress: new EmbeddedLauncher({
          argv: [program, 'ingress'],
          directory: home.ingress,
          adminSocket: home.ingressSocket,
          guardian: { identityFile: home.agentLock, argv: [program, 'agent'], logFile: home.agentLog },
        }),
        artifacts: new LocalArtifacts(blobs, home.releases),
        sealer: await openSealer(home),
        baseEnvironment: baseEnvironment(process.env),
        inheritedSockets: inherited,
        log: writeLog,
        onReady: () => reportReady(),
      },
      signal,
    );
  } catch (thrown) {
    reportReady(toFailureDocument(thrown));
    throw thrown;
  }
  return 0;
}

async function playIngress([optionsFile = '']: readonly string[]): Promise<void> {
  const [{ runIngress }, { readIngressOptions }, { roleSignal }] = await Promise.all([
    import('./ingress/embedded/run-ingress.ts'),
    import('./ingress/embedded/ingress-options.ts'),
    import('./system/role.ts'),
  ]);
  await runIngress(await readIngressOptions(optionsFile), systemClock, roleSignal());
}

async function openSealer(home: Home) {
  const [{ openKey }, { createSealer }] = await Promise.all([
    import('./system/key-file.ts'),
    import('./system/sealing.ts'),
  ]);
  return createSealer(await openKey(home.key));
}

/** Two homes on one machine use different groups. */
function cgroupName(home: Home): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return `mainstay-${createHash('sha256').update(home.root).digest('hex').slice(0, 12)}`;
}
