import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs the application's migration; whether it succeeded. */
export async function runMigration(directory: string): Promise<boolean> {
  const child = spawn(process.execPath, ['migrate.js'], { cwd: directory, stdio: 'ignore' });
  await once(child, 'exit');
  return child.exitCode === 0;
}
