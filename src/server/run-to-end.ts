import { randomUUID } from 'node:crypto';
import type { OperationRequest } from '../api/control.ts';
import { Failure, failureFromDocument } from '../core/failure.ts';
import type { OperationsService } from './control-deps.ts';

/** For a call that answers when the thing is done: enqueues, waits, and throws what the operation failed with. */
export async function runToEnd(
  operations: OperationsService,
  request: OperationRequest,
  signal: AbortSignal,
): Promise<void> {
  const { operation } = await operations.enqueue({
    request,
    idempotencyKey: randomUUID(),
    requestedBy: 'operator',
  });
  for await (const event of operations.follow(operation.id, 0, signal)) {
    if (event.type !== 'finished') continue;
    const { outcome, failure } = event.data;
    if (failure !== null) throw failureFromDocument(failure);
    if (outcome !== 'succeeded')
      throw new Failure('conflict', `${operation.kind} ${operation.id} ended as ${outcome}.`);
  }
}
