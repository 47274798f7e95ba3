import { z } from 'zod';
import { instanceSpecSchema, instanceStatusSchema } from '../../api/agent-shapes.ts';
import type { Json } from '../../core/json.ts';

/** JSON is read-only to us; zod's own type for it is not. */
const json: z.ZodType<Json> = z.json();

const handleSchema = z.object({ run: z.string(), pid: z.number().nullable(), state: json });

/** What the agent must remember of an instance to go on with it after its own end. */
export const instanceRecordSchema = z.object({
  format: z.literal(1),
  spec: instanceSpecSchema.extend({ secrets: z.string().describe('Sealed') }),
  desired: z.enum(['running', 'stopped']),
  /** The run that is, or was intended; its handle is null until the start is known to have happened. */
  run: z
    .object({
      run: z.string(),
      port: z.number().nullable(),
      startedAt: z.number(),
      bootId: z.string(),
      handle: handleSchema.nullable(),
      ready: z.boolean(),
    })
    .nullable(),
  restarts: z.number(),
  /** Exits in a row without a stable run between them. */
  failures: z.number(),
  everReady: z.boolean(),
  lastExit: instanceStatusSchema.shape.lastExit,
});

export type InstanceRecord = z.infer<typeof instanceRecordSchema>;
export type InstanceRun = NonNullable<InstanceRecord['run']>;
