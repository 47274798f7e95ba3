import type {
  Check,
  Data,
  DeployPolicy,
  Environment,
  Job,
  Manifest,
  ReleasePolicy,
  Service,
  Strategy,
  Tls,
  Variables,
} from './manifest.ts';

/** One environment with everything that holds in it: what a plan is made from. */
export interface ResolvedEnvironment {
  readonly app: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly strategy: Strategy;
  readonly hosts: readonly string[];
  readonly tls: Tls;
  /** For processes that set none themselves: `release.before`, command checks, single runs. Services and jobs have it in their `environment`. */
  readonly configuration: Variables;
  readonly secrets: readonly string[];
  readonly promoteFrom: string | null;
  readonly services: readonly Service[];
  readonly release: ReleasePolicy;
  readonly data: readonly Data[];
  readonly jobs: readonly Job[];
  readonly checks: readonly Check[];
  readonly deploy: DeployPolicy;
}

/** Undefined when the manifest has no environment of this name. */
export function resolveEnvironment(manifest: Manifest, name: string): ResolvedEnvironment | undefined {
  const environment = manifest.environments.find((candidate) => candidate.name === name);
  if (environment === undefined) return undefined;
  const { overrides: _overrides, deploy, ...own } = environment;
  return {
    app: manifest.app,
    ...own,
    configuration: { ...manifest.configuration, ...environment.configuration },
    services: manifest.services.map((service) => resolveService(service, manifest, environment)),
    release: manifest.release,
    data: manifest.data,
    jobs: manifest.jobs.map((job) => ({
      ...job,
      environment: { ...manifest.configuration, ...job.environment, ...environment.configuration },
    })),
    checks: manifest.checks,
    deploy: { ...manifest.deploy, ...deploy },
  };
}

function resolveService(service: Service, manifest: Manifest, environment: Environment): Service {
  const override = environment.overrides.find((candidate) => candidate.service === service.name);
  return {
    ...service,
    instances: override?.instances ?? service.instances,
    limits: { ...service.limits, ...override?.limits },
    environment: { ...manifest.configuration, ...service.environment, ...environment.configuration },
  };
}
