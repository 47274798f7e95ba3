import type { Clock } from '../core/units.ts';
import type { OperationKind, StepKind } from '../operations/step.ts';
import { deployOperation, promoteOperation, rollbackOperation } from './deploy-operations.ts';
import { maintenanceOperation, recordMaintenance } from './maintenance-operation.ts';
import type { DeployDeps, ReleaseBuilder } from './records.ts';
import { destroyOperation, downOperation, runOperation, verifyOperation } from './running-operations.ts';
import { recordChecks, recordDeployment } from './steps/record-deployment.ts';
import { recordRemoval, removeEnvironment } from './steps/remove-environment.ts';
import { runCheck } from './steps/run-check.ts';
import { runTask } from './steps/run-task.ts';
import { setJobs } from './steps/set-jobs.ts';
import { type ReleaseContents, stageRelease } from './steps/stage-release.ts';
import { handOverInstance, startInstance } from './steps/start-instance.ts';
import { stopInstance } from './steps/stop-instance.ts';
import { switchRoutes } from './steps/switch-routes.ts';
import { watchDeploy } from './steps/watch.ts';

/** What this feature brings to the engine. */
export function deployKinds(
  deps: DeployDeps,
  builder: ReleaseBuilder,
  contents: ReleaseContents,
  clock: Clock,
) {
  const operations = [
    deployOperation(deps, builder),
    promoteOperation(deps),
    rollbackOperation(deps),
    verifyOperation(deps),
    runOperation(deps),
    downOperation(deps),
    destroyOperation(deps),
    maintenanceOperation(deps),
  ] as unknown as readonly OperationKind[];
  const steps = [
    stageRelease(deps, contents),
    runTask(deps),
    startInstance(deps),
    handOverInstance(deps),
    stopInstance(deps),
    runCheck(deps),
    switchRoutes(deps),
    watchDeploy(deps, clock),
    setJobs(deps),
    recordDeployment(deps, clock),
    recordChecks(deps),
    removeEnvironment(deps),
    recordRemoval(deps),
    recordMaintenance(deps),
  ] as unknown as readonly StepKind[];
  return { operations, steps };
}
