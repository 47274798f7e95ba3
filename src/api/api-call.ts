import type { z } from 'zod';

/** One call of a contract, as the table of calls holds it. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** `:name` marks a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | null;
  readonly response: z.ZodType;
  /** `events`: server-sent events; `lines`: one JSON document a line; `duplex`: see the summary. */
  readonly stream?: 'events' | 'lines' | 'duplex';
}
