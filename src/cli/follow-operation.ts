import type { OperationEventView } from '../api/operation-events.ts';
import { type ControlClient, isCutOff, isNotRunning } from '../client/control-client.ts';
import { followOperation } from '../client/operation-events.ts';
import { exitCodeOfOutcome, exitCodes } from './exit-codes.ts';
import { Interrupted } from './interrupted.ts';
import { LiveRegion } from './render/live-region.ts';
import { type EnvironmentState, endingLines, printedOutput, rawOutput } from './render/operation-ending.ts';
import { operationLines } from './render/operation-lines.ts';
import { applyEvent, emptyProgress, type OperationProgress } from './render/operation-progress.ts';
import { plainLines } from './render/plain-lines.ts';
import type { VerbContext } from './verb.ts';

export interface FollowedOperation {
  readonly id: string;
  readonly kind: string;
  readonly environment: string;
}

const frameMs = 100;

/** How an operation is shown while it runs: redrawn on a terminal, told line by line elsewhere. */
interface Display {
  event(event: OperationEventView, progress: OperationProgress): void;
  lost(): void;
  resumed(): void;
  /** Leaves the last picture and stops drawing. */
  end(progress: OperationProgress): void;
}

/**
 * Shows an operation until it has ended, says what came of it, and resolves to the exit code. Ctrl-C leaves the
 * operation running and says how to come back to it.
 */
export async function showOperation(context: VerbContext, operation: FollowedOperation): Promise<number> {
  // While the picture is live, it says itself that the control plane went away.
  const client = context.control('silently');
  let progress = emptyProgress(operation.kind, operation.environment);
  const display = openDisplay(context, () => progress);
  const signal = context.interrupted();
  try {
    for await (const event of followOperation(client, operation.id, signal, {
      onLost: () => display.lost(),
      onResumed: () => display.resumed(),
    })) {
      progress = applyEvent(progress, event);
      display.event(event, progress);
    }
  } catch (error) {
    display.end(progress);
    if (error instanceof Interrupted) return detach(context, operation.id);
    if (isCutOff(error) || isNotRunning(error)) context.note(followHint(context, operation.id));
    throw error;
  }
  display.end(progress);
  await printEnding(context, client, operation.id, progress);
  return exitCodeOfOutcome(progress.kind, progress.outcome ?? 'incomplete', progress.failure);
}

async function printEnding(
  context: VerbContext,
  client: ControlClient,
  id: string,
  progress: OperationProgress,
): Promise<void> {
  if (context.globals.json) {
    context.json(await client.call('operation', { params: { id } }));
    return;
  }
  const { out } = context;
  const environment = await environmentAfter(client, progress.environment);
  const ending = {
    progress,
    environment,
    style: out.style,
    width: out.width(),
    operation: id,
    command: context.command,
  };
  if (context.globals.quiet) {
    if (progress.kind === 'run') out.lines(rawOutput(progress));
    if (progress.outcome === 'succeeded') return;
  } else {
    // Elsewhere the output was printed as it came.
    if (out.isTerminal) out.lines(printedOutput(ending));
    out.line();
  }
  out.lines(endingLines(ending));
}

async function environmentAfter(client: ControlClient, id: string): Promise<EnvironmentState | null> {
  const [app = '', environment = ''] = id.split('/');
  try {
    return await client.call('environment', { params: { app, environment } });
  } catch {
    // Destroyed, or the control plane went away: the outcome stands without it.
    return null;
  }
}

function detach(context: VerbContext, id: string): number {
  const [follow = '', cancel = ''] = followHint(context, id).split(' · ');
  const whole = `Still running. ${follow} · ${cancel}`;
  context.err.lines(whole.length < context.err.width() ? [whole] : [`Still running. ${follow}`, cancel]);
  return exitCodes.detached.code;
}

function followHint({ command }: VerbContext, id: string): string {
  return `Follow: ${command(`operations follow ${id}`)} · Cancel: ${command(`operations cancel ${id}`)}`;
}

function openDisplay(context: VerbContext, progress: () => OperationProgress): Display {
  if (context.globals.json || context.globals.quiet) return silent;
  return context.out.isTerminal && context.io.environment['TERM'] !== 'dumb'
    ? liveDisplay(context, progress)
    : plainDisplay(context);
}

const silent: Display = { event() {}, lost() {}, resumed() {}, end() {} };

function plainDisplay({ out }: VerbContext): Display {
  return {
    event: (event, progress) => out.lines(plainLines(event, progress, out.style)),
    lost: () => out.line('The connection to the control plane is lost; connecting again.'),
    resumed: () => out.line('Connected again.'),
    end: () => undefined,
  };
}

function liveDisplay({ out, roles }: VerbContext, progress: () => OperationProgress): Display {
  const region = new LiveRegion(out);
  let frame = 0;
  let isLost = false;
  const picture = (height: number): string[] =>
    operationLines(progress(), {
      width: out.width(),
      height,
      now: roles.clock.now(),
      frame,
      style: out.style,
    });
  const draw = (): void => {
    const lost = isLost ? [out.style.warn('  The control plane does not answer; connecting again.')] : [];
    region.draw([...picture((out.stream.rows ?? 24) - 1 - lost.length), ...lost]);
  };
  const timer = setInterval(() => {
    frame += 1;
    draw();
  }, frameMs);
  out.stream.on('resize', draw);
  draw();
  return {
    // The timer draws often enough; drawing at each line of a build would only slow the build's reader.
    event: () => undefined,
    lost: () => {
      isLost = true;
    },
    resumed: () => {
      isLost = false;
    },
    end: () => {
      clearInterval(timer);
      out.stream.off('resize', draw);
      region.leave(picture(Number.POSITIVE_INFINITY));
    },
  };
}
