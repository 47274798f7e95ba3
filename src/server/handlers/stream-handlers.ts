import { once } from 'node:events';
import { Failure } from '../../core/failure.ts';
import type { Host } from '../../hosts/host.ts';
import type { ControlDeps } from '../control-deps.ts';
import type { Handlers } from '../handler.ts';

/** Streams that go between a person and the agent of a host. */
export function streamHandlers(deps: ControlDeps): Pick<Handlers, 'logs' | 'exec'> {
  return {
    logs: async ({ params, query, signal }, _message, response) => {
      const row = deps.environments.get(`${params.app}/${params.environment}`);
      const hosts = hostsOf(deps, row.instances);
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      response.flushHeaders();
      const copy = async (host: Host) => {
        for await (const line of host.logs({ environment: row.id, ...query }, signal)) {
          if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response, signal);
        }
      };
      await Promise.all(hosts.map(copy));
      response.end();
    },
    exec: async ({ params, query, signal }, message, response) => {
      const row = deps.environments.get(`${params.app}/${params.environment}`);
      const argv = parseArgv(query.argv);
      const wanted = row.instances.find(
        ({ id }) => query.service === undefined || id.split('.')[2] === query.service,
      );
      const host = deps.hosts.find(({ name }) => name === wanted?.host);
      if (wanted === undefined || host === undefined)
        throw new Failure(
          'conflict',
          `${row.id} runs no instance${query.service === undefined ? '' : ` of ${query.service}`}.`,
          {
            hint: `See what runs: mainstay status ${row.id}`,
          },
        );
      const frames = await host.exec({ instance: wanted.id, argv }, message, signal);
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      response.flushHeaders();
      for await (const frame of frames) {
        if (!response.write(frame)) await drained(response, signal);
      }
      response.end();
    },
  };
}

function hostsOf(deps: ControlDeps, instances: readonly { readonly host: string }[]): readonly Host[] {
  const names = new Set(instances.map(({ host }) => host));
  return names.size === 0 ? deps.hosts : deps.hosts.filter(({ name }) => names.has(name));
}

async function drained(response: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  await once(response, 'drain', { signal });
}

function parseArgv(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string'))
      return value;
  } catch {
    // Falls through to the failure below: broken JSON and a wrong shape are the same mistake.
  }
  throw new Failure('usage-invalid', 'argv must be a JSON array of at least one string.');
}
