import { usage } from '../arguments.ts';
import { bashScript } from '../completion/bash.ts';
import { loadCompletionTable } from '../completion/completion-table.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verb.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const completion: Verb = {
  name: 'completion',
  usage: ['bash', 'zsh', 'fish'],
  description:
    'Prints a script that completes verbs, options, environments and operations. `mainstay` must be on the PATH.',
  options: [],
  examples: [
    {
      command: 'completion bash > ~/.local/share/bash-completion/completions/mainstay',
      does: 'bash, with the package bash-completion',
    },
    { command: 'completion zsh > "${fpath[1]}/_mainstay"', does: 'zsh' },
    { command: 'completion fish > ~/.config/fish/completions/mainstay.fish', does: 'fish' },
  ],
  exits: [],
  words: [1, 1],
  completes: [{ oneOf: ['bash', 'zsh', 'fish'] }],
  run: async (context, args) => {
    const shell = args.words[0] ?? '';
    if (!isKnown(shell))
      throw usage(
        'mainstay completion',
        `there is no script for "${shell}"; there is one for bash, zsh and fish`,
      );
    context.io.stdout.write(scripts[shell](await loadCompletionTable()));
    return exitCodes.ok.code;
  },
};

function isKnown(shell: string): shell is keyof typeof scripts {
  return Object.hasOwn(scripts, shell);
}
