import { variant } from './variant.js';

if (variant.fault === 'failing-migration') {
  console.error(`migration ${variant.version}: column "total" holds values that are no numbers`);
  process.exit(1);
}
if (variant.fault === 'endless-migration') setInterval(() => console.log('still migrating'), 200);
else console.log(`migration ${variant.version}: nothing to do`);
