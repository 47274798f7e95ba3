import { parseArgs } from 'node:util';
import { closeDown } from './quickstart/close-down.ts';
import { playThrough } from './quickstart/play-through.ts';
import { openStage } from './quickstart/stage.ts';

// From a fresh clone to production on this machine, by the commands that anybody would type.
const usage = `Usage: npm run quickstart            deploy examples/guestbook to staging, verify it, promote it to production
       npm run quickstart -- --down  stop what that started; data is kept
`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const options = { down: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  let values: { readonly down?: boolean; readonly help?: boolean };
  try {
    ({ values } = parseArgs({ args: argv, options }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  return values.down === true ? closeDown(openStage()) : playThrough(openStage());
}
