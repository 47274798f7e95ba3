import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processIo } from '../../src/cli/cli-io.ts';
import { type Output, openOutput } from '../../src/cli/output.ts';
import { ControlClient } from '../../src/client/control-client.ts';
import { type Home, homeRoot, openHome } from '../../src/system/home.ts';

/** Where the quickstart plays: this clone, the home of this user, and a terminal. */
export interface Stage {
  readonly home: Home;
  readonly client: ControlClient;
  readonly out: Output;
  /** The program as it is typed from the root of the clone. */
  readonly program: string;
  /** The manifest of the example, as it is typed from there. */
  readonly manifest: string;
  /** Shows a command, then runs it with this terminal; resolves to its exit code. */
  run(args: readonly string[]): Promise<number>;
  isAgentUp(): Promise<boolean>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export function openStage(): Stage {
  const home = openHome(homeRoot(process.env));
  const io = processIo();
  const out = openOutput(io.stdout, io, false);
  const program = 'bin/mainstay';
  return {
    home,
    client: new ControlClient({ socketPath: home.controlSocket }),
    out,
    program,
    manifest: relative(
      root,
      fileURLToPath(new URL('../../examples/guestbook/mainstay.yaml', import.meta.url)),
    ),
    run: (args) => {
      out.line();
      out.line(out.style.accent(`$ ${program} ${args.join(' ')}`));
      return runProgram(args);
    },
    isAgentUp: () => answers(home.agentSocket),
  };
}

/** Ctrl-C reaches the whole group of the terminal: the command answers it, and its exit code ends the story. */
function runProgram(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    const child = spawn(`${root}/bin/mainstay`, args, { cwd: root, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const end = (result: boolean) => (): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}
