import { readConfiguration } from './lib/configuration.js';
import { openDatabase } from './lib/database.js';
import { migrate, readMigrations } from './lib/migrations.js';

const { databaseFile } = readConfiguration();
const database = openDatabase(databaseFile);
try {
  const migrations = readMigrations();
  const applied = migrate(database, migrations);
  for (const name of applied) console.log(`Applied ${name}.`);
  const { highest } = database.prepare('SELECT max(number) AS highest FROM migrations').get();
  if (highest > migrations.length) {
    console.log(
      `The database is at migration ${highest}, newer than this release (${migrations.length}) ` +
        'and compatible with it. Nothing to do.',
    );
  } else if (applied.length === 0) {
    console.log(`The database is up to date at migration ${highest}.`);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  database.close();
}
