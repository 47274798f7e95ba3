import { join } from 'node:path';
import { runTests } from './run-tests.ts';

process.exitCode = await runTests(join(import.meta.dirname, '..'), process.argv.slice(2));
