import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { variant } from './variant.js';

appendFileSync(join(process.env.FILES_DIR, 'ticks'), `${Date.now()} ${variant.version}\n`);
console.log('tick');
