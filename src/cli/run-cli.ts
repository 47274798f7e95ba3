import { ControlClient } from '../client/control-client.ts';
import { type ParsedArguments, parseArguments, parseLeadingOptions, usage } from './arguments.ts';
import type { CliIo } from './cli-io.ts';
import { globalOptions, readGlobals } from './global-options.ts';
import { Interrupted } from './interrupted.ts';
import { openOutput } from './output.ts';
import type { CliRoles, HomeLocation } from './roles.ts';
import type { Globals, Verb, VerbContext } from './verb.ts';
import { findVerb } from './verbs.ts';

const program = 'mainstay';

/** Runs one command line to its end and resolves to the exit code; failures have then been printed. */
export async function runCli(argv: readonly string[], io: CliIo, roles: CliRoles): Promise<number> {
  try {
    return await dispatch(argv, io, roles);
  } catch (error) {
    const { reportFailure } = await import('./report-failure.ts');
    return reportFailure(error, argv, io);
  }
}

async function dispatch(argv: readonly string[], io: CliIo, roles: CliRoles): Promise<number> {
  const { leading, rest } = await parseLeadingOptions(argv, [...globalOptions, versionOption], program);
  const [name, ...tokens] = rest;
  const help = async () => import('./help.ts');
  if (name === undefined || name === '--') {
    const context = createContext(io, roles, readGlobals(leading));
    if (leading.flag('version')) return (await import('./verbs/version.ts')).version.run(context, leading);
    if (leading.flag('help')) return (await help()).showOverview(context);
    return (await import('./welcome.ts')).showWelcome(context);
  }
  if (name === '__complete') {
    const { completeWords } = await import('./complete-words.ts');
    return completeWords(createContext(io, roles, readGlobals(leading)), tokens);
  }
  if (name === 'help') {
    const context = createContext(io, roles, readGlobals(leading));
    const topic = tokens[0];
    return topic === undefined
      ? (await help()).showOverview(context)
      : (await help()).showVerb(context, await loadVerb(topic));
  }
  const verb = await loadVerb(name);
  const args = await parseArguments(tokens, [...verb.options, ...globalOptions], `${program} ${name}`);
  const context = createContext(io, roles, readGlobals(leading, args));
  if (args.flag('help') || leading.flag('help')) return (await help()).showVerb(context, verb);
  checkShape(verb, args, context.globals);
  return verb.run(context, args);
}

const versionOption = { name: 'version', summary: 'Show versions' };

async function loadVerb(name: string): Promise<Verb> {
  const entry = findVerb(name);
  if (entry !== undefined) return entry.load();
  const { unknownVerb } = await import('./help.ts');
  throw unknownVerb(name);
}

function checkShape(verb: Verb, args: ParsedArguments, globals: Globals): void {
  const command = `${program} ${verb.name}`;
  const [fewest, most] = verb.words;
  const shape = `; use it as: ${verb.usage.map((line) => `${command} ${line}`.trim()).join(', or ')}`;
  if (args.words.length < fewest) throw usage(command, `something is missing${shape}`);
  const extra = args.words[most];
  if (extra !== undefined) throw usage(command, `"${extra}" is one word too many${shape}`);
  if (args.rest !== null && verb.takesRest !== true) throw usage(command, 'nothing may stand after --');
  if (globals.json && verb.json === undefined) throw usage(command, 'there is no --json here');
}

function createContext(io: CliIo, roles: CliRoles, globals: Globals): VerbContext {
  const out = openOutput(io.stdout, io, globals.noColour);
  let errors: VerbContext['err'] | undefined;
  const err = (): VerbContext['err'] => (errors ??= openOutput(io.stderr, io, globals.noColour));
  let home: HomeLocation | undefined;
  const locate = (): HomeLocation => (home ??= roles.locateHome(globals.home));
  const note = (text: string): void => void (globals.quiet || err().line(text));
  const interruption = new AbortController();
  let listens = false;
  return {
    io,
    roles,
    globals,
    out,
    get err() {
      return err();
    },
    interrupted: () => {
      if (!listens) io.onInterrupt(() => interruption.abort(new Interrupted()));
      listens = true;
      return interruption.signal;
    },
    home: locate,
    control: (silently) =>
      new ControlClient({
        socketPath: locate().controlSocket,
        revive: async (signal) => {
          if (silently === undefined) note(`Starting Mainstay in ${locate().root}.`);
          await roles.ensureControl(locate(), signal);
        },
      }),
    controlIfUp: () => new ControlClient({ socketPath: locate().controlSocket }),
    note,
    json: (document) => out.line(JSON.stringify(document, null, 2)),
    command: (line) => `${programName(io)} ${line}`,
  };
}

/** How the program is started from here: its name when the PATH has it, else the shortest path. */
function programName(io: CliIo): string {
  const { program: path, environment, directory } = io;
  const slash = path.lastIndexOf('/');
  const folder = path.slice(0, slash);
  if (slash === -1 || (environment['PATH'] ?? '').split(':').includes(folder)) return path.slice(slash + 1);
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}
