import type { RunCommand } from '../runtime.ts';

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  /** What the process sees as its own name. */
  readonly argv0: string;
}

/** Puts the shell itself into control groups, then becomes the command: no moment is spent outside of them. */
const enterGroups = `
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done
shift
`;

/**
 * Runs the command and leaves its exit code behind in a file that appears whole or not at all. The shell
 * lives through the signals that are meant for the command, so that it can still tell how the command ended.
 */
const keepExit = `
record=$1
shift
trap : TERM INT HUP QUIT USR1 USR2
: > "$record.started"
"$@"
code=$?
printf '%s\\n' "$code" > "$record.part" && sync "$record.part" 2>/dev/null
mv -f "$record.part" "$record"
exit "$code"
`;

/** The arguments that start `argv` inside these control groups and, if asked for, with its exit code kept. */
export function launchCommand(
  program: string,
  argv: readonly string[],
  options: { readonly cgroups: readonly string[]; readonly exitRecord: string | null },
): Launch {
  const [name = program, ...rest] = argv;
  if (options.cgroups.length === 0 && options.exitRecord === null) {
    return { file: program, args: rest, argv0: name };
  }
  const record = options.exitRecord === null ? [] : [options.exitRecord];
  const script = `${enterGroups}${options.exitRecord === null ? 'exec "$@"\n' : keepExit}`;
  return {
    file: '/bin/sh',
    args: ['-c', script, 'mainstay', ...options.cgroups, '--', ...record, program, ...rest],
    argv0: 'sh',
  };
}

export function commandArgv(command: RunCommand): readonly string[] {
  return command.kind === 'argv' ? command.argv : ['sh', '-c', command.line];
}
