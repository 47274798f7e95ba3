import { execFile } from 'node:child_process';
import type { Command, Manifest } from '../../manifest/manifest.ts';

/** Programs whose version says something about a release, with the arguments that make them tell it. */
const versionArguments: Readonly<Record<string, readonly string[]>> = {
  node: ['--version'],
  npm: ['--version'],
  yarn: ['--version'],
  pnpm: ['--version'],
  bun: ['--version'],
  deno: ['--version'],
  python3: ['--version'],
  python: ['--version'],
  pip: ['--version'],
  ruby: ['--version'],
  php: ['--version'],
  java: ['-version'],
  go: ['version'],
  cargo: ['--version'],
  dotnet: ['--version'],
  elixir: ['--version'],
};

/** What else a program stands for: npm runs on Node. */
const runsOn: Readonly<Record<string, readonly string[]>> = {
  npm: ['node'],
  npx: ['node', 'npm'],
  yarn: ['node'],
  pnpm: ['node'],
  pip: ['python3'],
  pip3: ['python3', 'pip'],
  gunicorn: ['python3'],
  uvicorn: ['python3'],
  bundle: ['ruby'],
  composer: ['php'],
};

const patienceMs = 10_000;

/** Names of the known programs that build commands and services call, sorted. */
export function programsOf(manifest: Manifest): string[] {
  const commands = [
    ...manifest.build.commands,
    ...manifest.services.map(({ command }) => command),
    ...manifest.jobs.map(({ command }) => command),
    ...manifest.release.before,
  ];
  const words = commands.flatMap(wordsOf).map((word) => word.slice(word.lastIndexOf('/') + 1));
  const names = new Set(words.flatMap((word) => [word, ...(runsOn[word] ?? [])]));
  return [...names].filter((name) => Object.hasOwn(versionArguments, name)).sort();
}

/** Versions of those that are installed: `{ node: '24.21.0' }`. A program that does not answer is left out. */
export async function programVersions(
  programs: readonly string[],
  environment: Readonly<Record<string, string>>,
  directory: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const found = await Promise.all(
    programs.map(
      async (program) => [program, await versionOf(program, environment, directory, signal)] as const,
    ),
  );
  return Object.fromEntries(
    found.flatMap(([name, version]) => (version === undefined ? [] : [[name, version]])),
  );
}

function wordsOf(command: Command): string[] {
  return command.kind === 'argv' ? command.argv.slice(0, 1) : command.line.split(/[\s;&|()]+/);
}

async function versionOf(
  program: string,
  environment: Readonly<Record<string, string>>,
  directory: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    execFile(
      program,
      [...(versionArguments[program] ?? [])],
      { env: environment, cwd: directory, signal, timeout: patienceMs },
      (_error, stdout, stderr) => {
        if (signal.aborted) reject(signal.reason as Error);
        // java writes it to its error output.
        else resolve(/\d+(?:\.\d+)+[\w.+-]*/.exec(`${stdout}\n${stderr}`)?.[0]);
      },
    );
  });
}
