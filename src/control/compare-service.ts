import type { HostObservation } from '../api/agent.ts';
import { Failure } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import type { Host } from '../hosts/host.ts';
import { resolveEnvironment } from '../manifest/resolve-environment.ts';
import { compareEnvironments } from '../releases/compare-environments.ts';
import type { EnvironmentPicture } from '../releases/environment-picture.ts';
import type { ControlDeps } from '../server/control-deps.ts';
import type { Store } from '../store/store.ts';
import type { ConfigurationService } from './configuration-service.ts';
import { newestManifest } from './newest-manifest.ts';

/** Compares two environments as they stand now, and leaves what was found as evidence. */
export function compareService(
  store: Store,
  configuration: ConfigurationService,
  hosts: readonly Host[],
  clock: Clock,
): ControlDeps['compare'] {
  return async (app, left, right, signal) => {
    const seen = await Promise.all(
      hosts.map(async (host) => ({
        name: host.name,
        observation: await host.call('observe', { environment: null }, signal),
      })),
    );
    const picture = (name: string) => takePicture(store, configuration, `${app}/${name}`, seen);
    const differences = compareEnvironments(picture(left), picture(right), clock.now());
    store.evidence.append({
      kind: 'compare.run',
      subject: app,
      data: { left, right, differences: differences.map(({ what, severity }) => ({ what, severity })) },
    });
    return differences;
  };
}

type Seen = readonly { readonly name: string; readonly observation: HostObservation }[];

function takePicture(
  store: Store,
  configuration: ConfigurationService,
  id: string,
  seen: Seen,
): EnvironmentPicture {
  const { name } = store.environments.require(id);
  const manifest = newestManifest(store, id);
  const resolved = manifest === undefined ? undefined : resolveEnvironment(manifest, name);
  if (resolved === undefined)
    throw new Failure('conflict', `${id} has no release yet, so there is nothing to compare.`, {
      hint: `Deploy to it first: mainstay deploy ${name}`,
    });
  const config = configuration.get(id);
  const [row] = store.overview({ environment: id });
  return {
    name,
    strategy: resolved.strategy,
    release: row?.current?.release ?? null,
    domains: resolved.domains,
    tls: resolved.tls.mode,
    services: resolved.services.map((service) => ({
      name: service.name,
      instances: service.instances,
      memoryBytes: service.limits.memory,
      cpus: service.limits.cpu,
    })),
    configuration: [
      ...new Set([...Object.keys(resolved.configuration), ...Object.keys(config.values)]),
    ].sort(),
    secrets: config.secrets,
    hosts: seen
      .filter((host) => resolved.hosts.includes(host.name))
      .map(({ name: host, observation: { host: facts } }) => ({
        name: host,
        os: facts.os,
        cpus: facts.cpus,
        memoryBytes: facts.memoryBytes,
        runtimes: facts.runtimes,
      })),
    data: seen.flatMap(({ observation }) =>
      observation.data
        .filter((data) => data.environment === id)
        .map(({ name: data, bytes, modifiedAt }) => ({ name: data, bytes, modifiedAt })),
    ),
  };
}
