import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../../core/failure.ts';
import { writeFileDurably } from '../../system/durable-file.ts';

const port = z.int().min(1).max(65_535);
const ingressSchema = z.object({
  address: z.string().default('127.0.0.1'),
  httpPort: port.optional(),
  httpsPort: port.optional(),
});
const settingsSchema = z.looseObject({ ingress: ingressSchema.default({ address: '127.0.0.1' }) });

type Settings = z.infer<typeof settingsSchema>;
export type IngressSettings = z.infer<typeof ingressSchema>;

/** Where the ingress should listen. Throws `config-invalid` naming the file. */
export async function readIngressSettings(path: string): Promise<IngressSettings> {
  return (await readSettings(path)).ingress;
}

/** Remembers the ports that were chosen, so that addresses which people know stay the same. */
export async function rememberPorts(path: string, httpPort: number, httpsPort: number): Promise<void> {
  const settings = await readSettings(path);
  const ingress = { ...settings.ingress, httpPort, httpsPort };
  await writeFileDurably(path, `${JSON.stringify({ ...settings, ingress }, null, 2)}\n`);
}

async function readSettings(path: string): Promise<Settings> {
  let text = '{}';
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new Failure('config-invalid', `${path} cannot be used: ${why}`, {
      hint: 'Correct the file, or remove it to have ports chosen anew.',
      cause,
    });
  }
}
