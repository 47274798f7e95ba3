import { readConfiguration } from './lib/configuration.js';
import { openDatabase } from './lib/database.js';
import { makeDigest, tidy } from './lib/digest.js';
import { openPictures } from './lib/pictures.js';

const configuration = readConfiguration();
const database = openDatabase(configuration.databaseFile);
try {
  const day = process.argv[2];
  const digest = makeDigest(database, { day, timeZone: process.env.DIGEST_TIME_ZONE });
  console.log(`${digest.day}: ${digest.summary}`);
  const pictures = openPictures(configuration.uploadDirectory, configuration.maxPictureBytes);
  const { events, files } = await tidy(database, pictures);
  console.log(`Tidied up: ${events} old events, ${files} files that no entry shows.`);
} catch (error) {
  console.error(`No digest was written: ${error.message}`);
  process.exitCode = 1;
} finally {
  database.close();
}
