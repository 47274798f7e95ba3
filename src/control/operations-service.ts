import { randomUUID } from 'node:crypto';
import type { OperationRequest } from '../api/control.ts';
import { Failure } from '../core/failure.ts';
import { formatIssue, parseManifest } from '../manifest/parse-manifest.ts';
import type { OperationsEngine } from '../operations/engine.ts';
import type { OperationKind } from '../operations/step.ts';
import type { OperationsService } from '../server/control-deps.ts';
import type { Store } from '../store/store.ts';

/** Operations as the server sees them: requests become journaled operations, or plans that are only shown. */
export function operationsService(
  engine: OperationsEngine,
  store: Store,
  kinds: readonly OperationKind[],
): OperationsService {
  return {
    enqueue: async ({ request, idempotencyKey, requestedBy }) => {
      makeKnown(store, request);
      const { kind, environment, ...input } = request;
      return engine.enqueue({ kind, environment, idempotencyKey, requestedBy, input: input });
    },
    plan: async (request, signal) => {
      makeKnown(store, request);
      const { kind: name, environment, ...input } = request;
      const kind = kinds.find((candidate) => candidate.kind === name);
      if (kind === undefined)
        throw new Failure('usage-invalid', `There is no operation of the kind ${name}.`);
      const operation = { id: randomUUID(), kind: name, environment };
      return kind.prepare({ operation, fence: 0, signal, emit: () => undefined }, input);
    },
    cancel: (id, by) => engine.cancel(id, by),
    find: (id) => {
      const operation = store.operations.queue.find(id);
      return { operation, plan: operation.plan, steps: store.operations.queue.steps(operation.id) };
    },
    list: (filter) => store.operations.queue.list(filter),
    follow: (id, after, signal) => engine.follow(id, after, signal),
  };
}

/** What a deploy or a promotion names becomes known; every other operation needs an environment that is. */
function makeKnown(store: Store, request: OperationRequest): void {
  const [app = '', name = ''] = request.environment.split('/');
  if (request.kind === 'deploy' && request.source !== null) {
    requireEnvironment(request.source, request.environment);
    store.transaction(() => {
      store.apps.ensure(app, request.source?.directory ?? null);
      store.environments.ensure(app, name);
    });
    return;
  }
  if (request.kind !== 'deploy' && request.kind !== 'promote') {
    store.environments.require(request.environment);
    return;
  }
  if (store.apps.get(app) === undefined)
    throw new Failure('not-found', `No app ${app} is known here.`, {
      hint: 'Deploy it from its source first: mainstay deploy staging',
    });
  store.environments.ensure(app, name);
}

function requireEnvironment(
  source: { readonly manifestFile: string; readonly manifestText: string },
  id: string,
): void {
  const parsed = parseManifest(source.manifestText, source.manifestFile);
  if (!parsed.ok)
    throw new Failure('manifest-invalid', parsed.issues.map(formatIssue).join('\n'), {
      details: { issues: parsed.issues },
    });
  const [app, name] = id.split('/');
  if (parsed.manifest.app !== app)
    throw new Failure('conflict', `${source.manifestFile} describes ${parsed.manifest.app}, not ${app}.`);
  const known = parsed.manifest.environments.map((environment) => environment.name);
  if (name === undefined || !known.includes(name))
    throw new Failure('not-found', `${source.manifestFile} has no environment ${name}.`, {
      hint: `It names: ${known.join(', ')}.`,
    });
}
