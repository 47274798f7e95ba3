import { z } from 'zod';
import { taskSpecSchema } from '../../api/agent-shapes.ts';
import type { Json } from '../../core/json.ts';

const json: z.ZodType<Json> = z.json();

/** What the agent must remember of a task so that it runs once and its end is known. */
export const taskRecordSchema = z.object({
  format: z.literal(1),
  spec: taskSpecSchema.extend({ secrets: z.string().describe('Sealed') }),
  run: z.object({
    run: z.string(),
    bootId: z.string(),
    handle: z.object({ run: z.string(), pid: z.number().nullable(), state: json }).nullable(),
  }),
  startedAt: z.number(),
  finished: z
    .object({
      exitCode: z.number().nullable(),
      reason: z.string().nullable(),
      at: z.number(),
      tail: z.array(z.string()),
    })
    .nullable(),
});

export type TaskRecord = z.infer<typeof taskRecordSchema>;
