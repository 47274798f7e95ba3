import type { ControlDeps } from '../control-deps.ts';
import type { Handlers } from '../handler.ts';

type Name = 'config' | 'changeConfig' | 'lifecycle' | 'waive' | 'evidence' | 'verifyEvidence';

export function recordHandlers({ config, lifecycle }: ControlDeps): Pick<Handlers, Name> {
  return {
    config: ({ params }) => config.get(`${params.app}/${params.environment}`),
    changeConfig: ({ params, body }) => {
      const environment = `${params.app}/${params.environment}`;
      config.change(environment, body, 'operator');
      return config.get(environment);
    },
    lifecycle: async ({ params }) => {
      return { items: [...(await lifecycle.board(params.app))] };
    },
    waive: ({ params, body }) => lifecycle.waive(params.app, body),
    evidence: ({ query }) => ({
      records: [...lifecycle.evidence({ subject: query.subject, limit: query.limit })],
    }),
    verifyEvidence: ({ body, signal }) => lifecycle.verify(body.head, signal),
  };
}
