import type { ControlDeps } from '../server/control-deps.ts';
import type { Handlers } from '../server/handler.ts';
import { environmentHandlers } from '../server/handlers/environment-handlers.ts';
import { operationHandlers } from '../server/handlers/operation-handlers.ts';
import { recordHandlers } from '../server/handlers/record-handlers.ts';
import { streamHandlers } from '../server/handlers/stream-handlers.ts';
import { compareService } from './compare-service.ts';
import type { Control, ControlOptions } from './control.ts';
import { environmentsService } from './environments-service.ts';
import { lifecycleService } from './lifecycle-service.ts';
import { operationsService } from './operations-service.ts';
import { releasesView } from './releases-view.ts';
import { shutdownService } from './shutdown-service.ts';

/** Everything that the API answers with, from the services of this control plane. */
export function controlHandlers(options: ControlOptions, control: Control, stop: () => void): Handlers {
  const { store, engine, configuration, kinds } = control;
  const { clock } = options;
  const deps: ControlDeps = {
    version: options.version,
    home: options.home.root,
    startedAt: clock.now(),
    clock,
    hosts: options.hosts,
    operations: operationsService(engine, store, kinds),
    environments: environmentsService(store),
    config: configuration,
    lifecycle: lifecycleService(store, options.hosts, clock),
    releases: (app) => releasesView(store, app),
    compare: compareService(store, configuration, options.hosts, clock),
    shutdown: shutdownService(options, control, stop),
  };
  return {
    ...environmentHandlers(deps),
    ...operationHandlers(deps),
    ...recordHandlers(deps),
    ...streamHandlers(deps),
  };
}
