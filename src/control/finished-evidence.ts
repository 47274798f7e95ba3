import type { Json } from '../core/json.ts';
import type { FinishedOperation, OperationKind } from '../operations/step.ts';
import type { Store } from '../store/store.ts';

const looksBack = 100;

/** Lets every kind of operation leave its record in the chain when it has ended, whatever the outcome. */
export function withEvidence(store: Store, kinds: readonly OperationKind[]): readonly OperationKind[] {
  return kinds.map((kind) => ({
    ...kind,
    async finished(operation) {
      await kind.finished?.(operation);
      recordFinished(store, operation);
    },
  }));
}

/** The hook is called at least once; a record that is there already is not written again. */
function recordFinished(store: Store, operation: FinishedOperation): void {
  const { id, environment } = operation;
  const written = store.evidence
    .read({ subject: environment, kind: 'operation.finished', limit: looksBack })
    .some(({ data }) => isRecord(data) && data['operation'] === id);
  if (written) return;
  store.transaction(() => {
    const failed = failedVerification(operation);
    if (failed !== undefined)
      store.evidence.append({ kind: 'verification.failed', subject: environment, data: failed });
    store.evidence.append({ kind: 'operation.finished', subject: environment, data: summaryOf(operation) });
  });
}

function summaryOf(operation: FinishedOperation): Json {
  return {
    operation: operation.id,
    kind: operation.kind,
    outcome: operation.outcome,
    summary: operation.plan?.summary ?? null,
    failure:
      operation.failure === null
        ? null
        : { code: operation.failure.code, message: operation.failure.message },
    durationMs: operation.finishedAt - operation.startedAt,
  };
}

/** A release that serves and does not pass its checks any more loses its verification. */
function failedVerification({ kind, outcome, failure, plan, id }: FinishedOperation): Json | undefined {
  if (kind !== 'verify' || outcome === 'succeeded' || failure?.code !== 'check-failed') return undefined;
  const facts = plan?.facts;
  if (!isRecord(facts) || typeof facts['release'] !== 'string') return undefined;
  return { release: facts['release'], operation: id, reason: failure.message };
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
