import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../../core/failure.ts';

/**
 * Absolute path of the program that `name` means to a process with this search path and directory.
 * Throws `command-not-found` or `permission-denied`, naming it and where it was looked for.
 */
export async function findProgram(name: string, searchPath: string, directory: string): Promise<string> {
  const candidates = name.includes('/')
    ? [isAbsolute(name) ? name : resolve(directory, name)]
    : searchPath.split(':').map((part) => join(resolve(directory, part || '.'), name));
  let notExecutable: string | undefined;
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable && (found.mode & 0o111) !== 0) return candidate;
    notExecutable ??= candidate;
  }
  if (notExecutable !== undefined) {
    throw new Failure('permission-denied', `Cannot run ${notExecutable}: it is not executable.`, {
      hint: `Make it executable in the source (chmod +x ${name}), or run it through its interpreter.`,
    });
  }
  const where = name.includes('/') ? `${candidates[0]} does not exist` : `it is not in PATH (${searchPath})`;
  throw new Failure('command-not-found', `Cannot run "${name}": ${where}.`, {
    hint: 'Install the program on the host, or correct the command in mainstay.yaml.',
    details: { program: name },
  });
}
