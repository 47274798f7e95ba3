import type { OptionSpec, ParsedArguments } from './arguments.ts';
import type { Globals } from './verb.ts';

/** Understood by every verb, before or after its name. */
export const globalOptions: readonly OptionSpec[] = [
  { name: 'app', value: 'NAME', summary: 'The app, when there is no mainstay.yaml here' },
  { name: 'file', value: 'FILE', summary: 'The manifest, instead of mainstay.yaml here or further up' },
  { name: 'home', value: 'DIR', summary: 'The state directory, instead of MAINSTAY_HOME' },
  { name: 'json', summary: 'Print one JSON document instead of text' },
  { name: 'yes', short: 'y', summary: 'Answer every question with yes' },
  { name: 'quiet', short: 'q', summary: 'Print results and failures only' },
  { name: 'no-color', summary: 'No colours; NO_COLOR=1 does the same' },
  { name: 'help', short: 'h', summary: 'Show help' },
];

/** `leading` holds what stood before the verb, `own` what came after it; the latter wins. */
export function readGlobals(leading: ParsedArguments, own?: ParsedArguments): Globals {
  const flag = (name: string): boolean => leading.flag(name) || own?.flag(name) === true;
  const value = (name: string): string | undefined => own?.value(name) ?? leading.value(name);
  return {
    json: flag('json'),
    quiet: flag('quiet'),
    yes: flag('yes'),
    noColour: flag('no-color'),
    home: value('home'),
    app: value('app'),
    file: value('file'),
  };
}
