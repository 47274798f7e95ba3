import { join } from 'node:path';
import { exceptions } from './exceptions.ts';
import { runChecks } from './run-checks.ts';

process.exitCode = await runChecks(join(import.meta.dirname, '..'), exceptions);
