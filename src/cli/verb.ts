import type { ControlClient } from '../client/control-client.ts';
import type { OptionSpec, ParsedArguments } from './arguments.ts';
import type { CliIo } from './cli-io.ts';
import type { ExitName } from './exit-codes.ts';
import type { Output } from './output.ts';
import type { CliRoles, HomeLocation } from './roles.ts';

/** One verb of the command line: what its help says and what it does. */
export interface Verb {
  readonly name: string;
  /** What stands after `mainstay NAME`, one line for each form. */
  readonly usage: readonly string[];
  /** A sentence or two beyond the summary in the table of verbs. */
  readonly description: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Beyond `ok`, `internal`, `usage` and `unreachable`, which any verb may end with. */
  readonly exits: readonly ExitName[];
  /** What `--json` prints, as a sentence. A verb without it refuses `--json`. */
  readonly json?: string;
  /** Fewest and most words; a verb that branches on its words checks them itself within these. */
  readonly words: readonly [fewest: number, most: number];
  /** Whether something may stand after `--`. */
  readonly takesRest?: true;
  /** What the words are, for completion. */
  readonly completes?: readonly Completion[];
  run(context: VerbContext, args: ParsedArguments): Promise<number>;
}

export type Completion = 'environment' | 'operation' | 'verb' | { readonly oneOf: readonly string[] };

export interface Example {
  /** Without the name of the program. */
  readonly command: string;
  readonly does: string;
}

export interface Globals {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  readonly noColour: boolean;
  readonly home: string | undefined;
  readonly app: string | undefined;
  readonly file: string | undefined;
}

export interface VerbContext {
  readonly io: CliIo;
  readonly roles: CliRoles;
  readonly globals: Globals;
  readonly out: Output;
  readonly err: Output;
  /** Aborts at Ctrl-C once somebody has asked for it; until then Ctrl-C simply ends the program. */
  readonly interrupted: () => AbortSignal;
  home(): HomeLocation;
  /** A client that starts the control plane when it is not up, and says so unless `silently`. */
  control(silently?: 'silently'): ControlClient;
  /** A client that does not. */
  controlIfUp(): ControlClient;
  /** Tells what is going on, on standard error; silent with `--quiet`. */
  note(text: string): void;
  /** Prints a document for a program. */
  json(document: unknown): void;
  /** `mainstay status`, as it must be typed here. */
  readonly command: (line: string) => string;
}
