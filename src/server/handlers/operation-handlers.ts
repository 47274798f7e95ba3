import type { ControlDeps } from '../control-deps.ts';
import type { Handlers } from '../handler.ts';
import { operationDetail, operationView, planView } from '../views/operation-view.ts';

type Name = 'plan' | 'startOperation' | 'operations' | 'operation' | 'operationEvents' | 'cancelOperation';

/** Keeps a quiet stream alive and lets a client notice a dead one. */
const heartbeatMs = 15_000;

export function operationHandlers({ operations }: ControlDeps): Pick<Handlers, Name> {
  return {
    plan: async ({ body, signal }) => planView(await operations.plan(body, signal)),
    startOperation: async ({ body }) => {
      const { operation, created } = await operations.enqueue(body);
      return { operation: operationView(operation), created };
    },
    operations: ({ query }) => ({
      operations: operations
        .list({
          limit: query.limit,
          ...(query.environment === undefined ? {} : { environment: query.environment }),
        })
        .map(operationView),
    }),
    operation: ({ params }) => {
      const { operation, plan, steps } = operations.find(params.id);
      return operationDetail(operation, plan, steps);
    },
    operationEvents: async ({ params, query, signal }, _message, response) => {
      const { operation } = operations.find(params.id);
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.flushHeaders();
      const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
      try {
        for await (const event of operations.follow(operation.id, query.after, signal))
          response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
      } finally {
        clearInterval(heartbeat);
        response.end();
      }
    },
    cancelOperation: ({ params }) =>
      operationView(operations.cancel(operations.find(params.id).operation.id, 'operator')),
  };
}
