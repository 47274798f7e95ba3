import { Failure, toFailureDocument } from '../core/failure.ts';
import { deployKinds } from '../deploys/deploy-kinds.ts';
import type { Host, Hosts } from '../hosts/host.ts';
import { manifestFromCanonical } from '../manifest/canonical.ts';
import { OperationsEngine } from '../operations/engine.ts';
import type { StepKind } from '../operations/step.ts';
import { listenOnSocket } from '../server/http-server.ts';
import { openStore, type Store } from '../store/store.ts';
import { identifyProcess } from '../system/process-identity.ts';
import { acquireProcessLock } from '../system/process-lock.ts';
import { reportReady } from '../system/report-ready.ts';
import { ConfigurationService } from './configuration-service.ts';
import type { Control, ControlOptions } from './control.ts';
import { controlHandlers } from './control-handlers.ts';
import { deployRecords } from './deploy-records.ts';
import { withEvidence } from './finished-evidence.ts';
import { keepCopies } from './keep-copies.ts';
import { newestManifest } from './newest-manifest.ts';
import { pruneReleases } from './prune-releases.ts';
import { releaseBuilder, releaseContents } from './release-builder.ts';
import { watchAgent } from './watch-agent.ts';

/**
 * Runs the control plane until the signal aborts: takes the lock of the home, opens the store, brings the
 * agent up, resumes what an earlier control plane left, and serves the API. Says when it is ready, or why not.
 */
export async function runControl(options: ControlOptions, signal: AbortSignal): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  try {
    stack.use(await acquireProcessLock(options.home.controlLock, 'the control plane'));
    const store = stack.use(await openStore({ path: options.home.database, clock: options.clock }));
    await options.ensureAgent(ending);
    const agentWatch = stack.use(watchAgent(options.ensureAgent, options.log));
    const control = { ...(await assemble(options, store)), agentWatch };
    stack.defer(() => control.engine.stop());
    control.engine.start();
    stack.use(keepCopies(store, options.log));
    const handlers = controlHandlers(options, control, () => stop.abort());
    const logBug = (thrown: unknown, where: string) => options.log('bug', { where, stack: stackOf(thrown) });
    stack.use(
      await listenOnSocket(options.home.controlSocket, { handlers, version: options.version, logBug }),
    );
  } catch (thrown) {
    reportReady(toFailureDocument(thrown));
    throw thrown;
  }
  reportReady();
  options.log('ready', { pid: process.pid, version: options.version });
  if (!ending.aborted)
    await new Promise((resolve) => ending.addEventListener('abort', resolve, { once: true }));
  options.log('stopping', {});
}

async function assemble(options: ControlOptions, store: Store): Promise<Omit<Control, 'agentWatch'>> {
  const { home, clock, blobs } = options;
  const hosts = namedHosts(options.hosts);
  await blobs.prepare();
  const configuration = new ConfigurationService(store, options.sealer, (environment) =>
    newestManifest(store, environment),
  );
  const records = deployRecords(store, manifestFromCanonical);
  const builder = releaseBuilder({ blobs, home, ...options.buildEnvironment }, store, configuration);
  const deploys = deployKinds({ hosts, records, configuration }, builder, releaseContents(blobs), clock);
  const kinds = withEvidence(store, deploys.operations);
  const steps: readonly StepKind[] = [...deploys.steps, pruneReleases(store, blobs, hosts, clock)];
  const owner = identifyProcess(process.pid);
  if (owner === undefined) throw new Error('this process has no identity under /proc');
  const engine = new OperationsEngine({
    store: store.operations,
    clock,
    owner,
    operationKinds: kinds,
    stepKinds: steps,
    onBug: (error, operation) => options.log('bug', { operation, stack: stackOf(error) }),
    ...(options.failurePoints === undefined ? {} : { failurePoints: options.failurePoints }),
  });
  return { hosts, store, engine, configuration, kinds };
}

function namedHosts(hosts: readonly Host[]): Hosts {
  return {
    get(name) {
      const host = hosts.find((candidate) => candidate.name === name);
      if (host !== undefined) return host;
      throw new Failure('not-found', `No host ${name} is known.`, {
        hint: `Known: ${hosts.map((candidate) => candidate.name).join(', ')}.`,
      });
    },
  };
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
