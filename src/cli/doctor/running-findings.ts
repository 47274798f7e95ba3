import { connect } from 'node:net';
import type { ControlResponse } from '../../api/control.ts';
import { isNotRunning } from '../../client/control-client.ts';
import { Failure } from '../../core/failure.ts';
import type { VerbContext } from '../verb.ts';
import type { Finding } from './machine-findings.ts';

type Observation = NonNullable<ControlResponse<'hosts'>['hosts'][number]['observation']>;

/** What the running parts say of themselves; when none runs, that is all there is to say. */
export async function runningFindings(context: VerbContext): Promise<Finding[]> {
  const client = context.controlIfUp();
  const about = 'Control';
  try {
    const health = await client.call('health', {});
    const { hosts } = await client.call('hosts', {});
    const answers = await Promise.all(hosts.map((host) => hostFindings(context, host, hosts.length > 1)));
    return [versionFinding(about, health.version, context, `pid ${health.pid}`), ...answers.flat()];
  } catch (error) {
    if (isNotRunning(error)) {
      return [
        { about, state: 'ok', message: 'Not running; the first command that needs it starts it.', fix: null },
      ];
    }
    if (!(error instanceof Failure)) throw error;
    const fix = error.hint ?? `Its log may say why: ${context.home().controlLog}`;
    return [{ about, state: 'fail', message: error.message, fix }];
  }
}

async function hostFindings(
  context: VerbContext,
  { name, observation, reason }: ControlResponse<'hosts'>['hosts'][number],
  isNamed: boolean,
): Promise<Finding[]> {
  const suffix = isNamed ? ` on ${name}` : '';
  if (observation === null) {
    return [
      {
        about: `Agent${suffix}`,
        state: 'fail',
        message: reason ?? 'It does not answer.',
        fix: `Its log may say why: ${context.home().agentLog}`,
      },
    ];
  }
  const { agent } = observation;
  return [
    versionFinding(`Agent${suffix}`, agent.version, context, `pid ${agent.pid}`),
    await ingressFinding(`Ingress${suffix}`, observation),
    ...instanceFindings(observation, context),
  ];
}

function versionFinding(about: string, version: string, context: VerbContext, detail: string): Finding {
  const { version: own } = context.roles;
  if (version === own) return { about, state: 'ok', message: `${version}, ${detail}`, fix: null };
  return {
    about,
    state: 'warn',
    message: `It runs version ${version}; this program is ${own}.`,
    fix: 'Stop it; the next command starts the new one. What is deployed goes on serving.',
  };
}

async function ingressFinding(about: string, { ingress }: Observation): Promise<Finding> {
  if (ingress === null) {
    return {
      about,
      state: 'fail',
      message: 'It does not run, so nobody reaches what is deployed.',
      fix: 'The agent starts it again by itself; its log says what stops it.',
    };
  }
  const { address, httpPort, httpsPort, down } = ingress;
  if (!(await answers(address, httpPort))) {
    return {
      about,
      state: 'fail',
      message: `Nobody answers on ${address}:${httpPort}.`,
      fix: 'See whether a firewall, or another program, is in the way.',
    };
  }
  const [first] = down;
  if (first !== undefined) {
    return {
      about,
      state: 'warn',
      message: `${down.length} of the instances behind it do not answer; ${first.instance}: ${first.reason}.`,
      fix: 'See their logs.',
    };
  }
  return {
    about,
    state: 'ok',
    message: `It listens on ${address}, ports ${httpPort} and ${httpsPort}.`,
    fix: null,
  };
}

function instanceFindings({ instances }: Observation, context: VerbContext): Finding[] {
  return instances
    .filter(({ state }) => state === 'crash-loop' || state === 'backing-off')
    .map(({ environment, service, state, lastExit }) => ({
      about: environment,
      state: 'fail',
      message: `${service} ${state === 'crash-loop' ? 'ends again and again' : 'ended and is started again'}: ${lastExit?.reason ?? 'no reason known'}.`,
      fix: context.command(`logs ${environment} ${service}`),
    }));
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host === '0.0.0.0' ? '127.0.0.1' : host, port, timeout: 2000 });
    const end = (result: boolean) => (): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
