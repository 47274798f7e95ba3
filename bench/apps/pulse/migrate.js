import { variant } from './variant.js';

if (variant.fault === 'failing-migration') {
  console.error(`migration ${variant.version}: column "total" holds values that are no numbers`);
  process.exit(1);
}
console.log(`migration ${variant.version}: nothing to do`);
