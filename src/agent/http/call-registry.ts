import type { z } from 'zod';
import type { AgentCallName, AgentCalls, AgentResponse } from '../../api/agent.ts';

/** What a handler gets beside its request. */
export interface CallContext {
  /** Aborts when the caller has gone or the agent ends: for waiting. What changes something goes on. */
  readonly signal: AbortSignal;
}

export type CallHandlers = {
  readonly [N in AgentCallName]: (
    request: z.output<AgentCalls[N]['request']>,
    context: CallContext,
  ) => Promise<AgentResponse<N>>;
};
