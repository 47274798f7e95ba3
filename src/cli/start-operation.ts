import type { OperationRequest, OperationSummary } from '../api/control.ts';
import { type ControlClient, isCutOff } from '../client/control-client.ts';
import { pause } from '../client/pause.ts';
import { exitCodes } from './exit-codes.ts';
import { showOperation } from './follow-operation.ts';
import type { VerbContext } from './verb.ts';

export interface StartOptions {
  /** Answer as soon as the operation is accepted. */
  readonly detach?: boolean;
  /** Called when the control plane has taken the request. */
  readonly onAccepted?: (() => void) | undefined;
}

const attempts = 5;

/** Asks for an operation, shows it to its end and resolves to the exit code. */
export async function startAndShow(
  context: VerbContext,
  request: OperationRequest,
  { detach = false, onAccepted }: StartOptions = {},
): Promise<number> {
  const operation = await startOperation(context, request);
  onAccepted?.();
  if (!detach) return showOperation(context, operation);
  if (context.globals.json) context.json(operation);
  else {
    context.out.line(`Accepted: ${operation.kind} of ${operation.environment}, operation ${operation.id}.`);
    context.out.line(`Follow: ${context.command(`operations follow ${operation.id}`)}`);
  }
  return exitCodes.ok.code;
}

/** The key makes the request safe to repeat: however often it arrives, one operation comes of it. */
async function startOperation(context: VerbContext, request: OperationRequest): Promise<OperationSummary> {
  const body = { idempotencyKey: crypto.randomUUID(), requestedBy: requestedBy(context), request };
  const client: ControlClient = context.control();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await client.call('startOperation', { body })).operation;
    } catch (error) {
      if (!isCutOff(error) || attempt === attempts) throw error;
      await pause(200 * attempt, context.interrupted());
    }
  }
}

function requestedBy({ io: { environment } }: VerbContext): string {
  const user = environment['SUDO_USER'] || environment['USER'] || environment['LOGNAME'] || 'unknown';
  return `${user}@cli`.slice(0, 200);
}
