import { request } from 'node:http';
import { formatDuration, millis } from '../../src/core/units.ts';
import type { Stage } from './stage.ts';

const app = 'guestbook';
const staging = `${app}/staging`;
const production = `${app}/production`;

/** Source → staging → verified → production, then what was done, where to look, and what to try. */
export async function playThrough(stage: Stage): Promise<number> {
  const { out } = stage;
  const began = Date.now();
  out.line(out.style.strong('From source to production on this machine, by commands that you can type.'));
  const source = ['--file', stage.manifest];
  const story = [
    ['validate', ...source],
    ['deploy', staging, ...source],
    ['verify', staging],
    ['promote', production],
  ];
  for (const command of story) {
    const code = await stage.run(command);
    if (code !== 0) {
      out.line();
      out.line(
        `The quickstart stops here (exit code ${code}). What it has started goes on; run it again once that is mended.`,
      );
      out.line(`Look for the cause: ${stage.program} doctor`);
      return code;
    }
  }
  return tellTheStory(stage, began);
}

async function tellTheStory(stage: Stage, began: number): Promise<number> {
  const { out } = stage;
  const { strong, accent, dim, bad } = out.style;
  out.line();
  out.line(strong(`What this did, in ${formatDuration(millis(Date.now() - began))}`));
  out.line(`  Mainstay runs here, with all its state in ${stage.home.root}.`);
  out.lines(await deeds(stage, began));
  const { environments } = await stage.client.call('status', { query: { app } });
  const [first, second] = [staging, production].map((id) =>
    environments.find((environment) => environment.id === id),
  );
  out.line();
  out.line(strong('Open it in a browser'));
  let failed = 0;
  for (const environment of [first, second]) {
    for (const url of environment?.urls ?? []) {
      const status = await statusOfPage(url);
      if (status !== 200) failed += 1;
      const name = (environment?.id.split('/')[1] ?? '').padEnd(10);
      out.line(
        `  ${name}  ${accent(url)}  ${status === 200 ? dim('answers 200') : bad(`answers ${status}`)}`,
      );
    }
  }
  out.line();
  out.line(strong('Worth trying next'));
  out.lines(nextCommands(stage).flatMap(([command, does]) => [`  ${command}`, `      ${dim(does)}`]));
  out.line();
  out.line('It all goes on running. Stop it with: npm run quickstart -- --down');
  return failed === 0 ? 0 : 1;
}

/** From the records of this run, because a second run finds most of it done already. */
async function deeds({ client, out }: Stage, began: number): Promise<string[]> {
  const { operations } = await client.call('operations', { query: { limit: 20 } });
  const own = operations.filter(
    ({ createdAt, environment }) => createdAt >= began && environment.startsWith(`${app}/`),
  );
  const details = await Promise.all(
    own.toReversed().map(({ id }) => client.call('operation', { params: { id } })),
  );
  const { good, dim, symbols } = out.style;
  return details.flatMap(({ kind, summary, steps }) => {
    const changed = steps.some((step) => step.kind === 'instance.start');
    const how = changed ? explanations[kind] : undefined;
    return [
      `  ${good(symbols.done)} ${summary ?? kind}`,
      ...(how === undefined ? [] : [`      ${dim(how)}`]),
    ];
  });
}

const explanations: Readonly<Record<string, string>> = {
  deploy: 'Built in a clean copy; migrated, started, checked, switched to, watched.',
  promote: 'The very bytes that staging verified; nothing was built again.',
};

function nextCommands({ program, manifest }: Stage): [command: string, does: string][] {
  return [
    [`${program} status ${production}`, 'instances, memory, jobs, data'],
    [`${program} logs ${production} -f`, 'follow what it prints, then click around in it'],
    [`${program} deploy ${staging} --file ${manifest}`, 'after you changed something in examples/guestbook'],
    [`${program} compare ${staging} ${production}`, 'what staging cannot tell you'],
    [`${program} lifecycle --app ${app}`, 'what is proven, and what is missing'],
  ];
}

/** `*.localhost` leads to this machine in every browser, but not in every resolver: so the address is given here. */
function statusOfPage(url: string): Promise<number | string> {
  const { host, port } = new URL(url);
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/', headers: { host }, timeout: 10_000 };
    const outgoing = request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('nothing within 10 s')));
    outgoing.once('error', (error) => resolve(error.message));
    outgoing.end();
  });
}
