import type { ControlResponse } from '../api/control.ts';
import { isNotRunning } from '../client/control-client.ts';
import { exitCodes } from './exit-codes.ts';
import { findManifestFile } from './manifest-file.ts';
import { statusLines } from './render/status-lines.ts';
import type { VerbContext } from './verb.ts';

type Status = ControlResponse<'status'>;

/** `mainstay` alone: what runs here, and the next command that makes sense. Starts nothing. */
export async function showWelcome(context: VerbContext): Promise<number> {
  const { out, roles } = context;
  const { strong, dim } = out.style;
  const status = await statusIfUp(context);
  out.line(`${strong('Mainstay')} ${roles.version} ${dim(`· ${context.home().root}`)}`);
  out.line();
  if (status === undefined)
    out.line('Not running here. It starts by itself with the first command that needs it.');
  else if (status.environments.length === 0) out.line('Running here; nothing was deployed yet.');
  else out.lines(statusLines(status, { style: out.style, width: out.width(), now: roles.clock.now() }));
  out.line();
  out.line(strong('Next'));
  const commands = nextCommands(context, status).map(
    ([line, does]) => [context.command(line), does] as const,
  );
  const column = Math.max(...commands.map(([line]) => line.length));
  out.lines(commands.map(([line, does]) => `  ${line.padEnd(column)}  ${dim(does)}`));
  return exitCodes.ok.code;
}

async function statusIfUp(context: VerbContext): Promise<Status | undefined> {
  try {
    return await context.controlIfUp().call('status', {});
  } catch (error) {
    if (isNotRunning(error)) return undefined;
    throw error;
  }
}

function nextCommands(context: VerbContext, status: Status | undefined): [string, string][] {
  const help: [string, string] = ['--help', 'every verb'];
  const environments = status?.environments ?? [];
  const troubled = environments.find(({ state }) => state === 'degraded' || state === 'down');
  if (troubled !== undefined) {
    return [
      [`status ${troubled.id}`, 'see what is wrong'],
      [`logs ${troubled.id}`, 'what it printed last'],
      help,
    ];
  }
  if (environments.length > 0) {
    const id = environments[0]?.id ?? '';
    return [
      [`status ${id}`, 'instances, jobs and data'],
      [`logs ${id} -f`, 'follow what it prints'],
      ['lifecycle', 'what is proven, and what is missing'],
      help,
    ];
  }
  if (findManifestFile(context) !== undefined) {
    return [
      ['validate', 'check mainstay.yaml'],
      ['deploy staging', 'build it and bring it to staging'],
      help,
    ];
  }
  return [
    ['init', 'look at the app in this directory and write its mainstay.yaml'],
    ['doctor', 'check this machine'],
    help,
  ];
}
