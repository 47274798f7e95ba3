import { isNotRunning } from '../../src/client/control-client.ts';
import type { Stage } from './stage.ts';

const app = 'guestbook';

/** Stops what the quickstart started, and says what is kept. Other apps of the same home are left alone. */
export async function closeDown(stage: Stage): Promise<number> {
  const { out } = stage;
  const { strong } = out.style;
  if (!(await isUp(stage))) {
    if (!(await stage.isAgentUp())) {
      out.line('Nothing is running here.');
      out.line(`State, if there is any, lies in ${stage.home.root}.`);
      return 0;
    }
    // The agent and what it runs outlive the control plane; only the latter knows how to end it all.
    const code = await stage.run(['status']);
    if (code !== 0) return code;
  }
  const { environments } = await stage.client.call('status', {});
  const others = environments.filter(
    ({ id, state }) => !id.startsWith(`${app}/`) && state !== 'never-deployed',
  );
  if (others.length > 0)
    return closeOwn(
      stage,
      others.map(({ id }) => id),
    );
  const { stopped, kept } = await stage.client.call('shutdown', { body: { instances: 'stop' } });
  out.line(strong('Stopped'));
  out.lines(stopped.map((line) => `  ${line}`));
  out.line(strong('Kept'));
  out.lines(kept.map((line) => `  ${line}`));
  out.line();
  out.line('Start it again with: npm run quickstart');
  out.line(`Remove every trace with: rm -r ${stage.home.root}`);
  return 0;
}

async function closeOwn(stage: Stage, others: readonly string[]): Promise<number> {
  stage.out.line(`This Mainstay also runs ${others.join(', ')}: only ${app} is stopped.`);
  for (const environment of ['production', 'staging']) {
    const code = await stage.run(['down', `${app}/${environment}`]);
    if (code !== 0) return code;
  }
  return 0;
}

async function isUp({ client }: Stage): Promise<boolean> {
  try {
    await client.call('health', {});
    return true;
  } catch (error) {
    if (isNotRunning(error)) return false;
    throw error;
  }
}
