import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AgentPoint } from '../../src/agent/agent-deps.ts';
import { serverSource, TestAgent, testInstance, testRoute, testTask } from '../../src/agent/test-agent.ts';
import { Failure } from '../../src/core/failure.ts';

const environment = 'shop/test';

// Each has a home of its own, and most of their time is waiting for the guardian.
describe('an agent that is killed at a named point', { concurrency: 3 }, () => {
  for (const point of [
    'agent.instance.intended',
    'agent.instance.started',
    'agent.instance.recorded',
  ] as const satisfies AgentPoint[]) {
    test(`an agent killed at ${point} leaves one process of the instance, and goes on with it`, async () => {
      await using agent = await TestAgent.start(point);
      const release = await agent.release({ 'server.js': serverSource });
      const spec = testInstance(release);
      await agent.call('setRoutes', { fence: 1, environment, routes: [testRoute([spec.id])] });
      await assert.rejects(agent.startInstance(spec), (error: unknown) => {
        return error instanceof Failure && error.code === 'host-unreachable' && error.retryable;
      });
      await agent.untilAnswers();
      await agent.startInstance(spec);
      const { pid } = await agent.call('awaitHealthy', { instance: spec.id });
      assert.equal(agent.countProcesses(spec.id), 1);
      assert.equal((await agent.visit('/pid')).body, String(pid));
      await agent.stopInstance(spec.id);
      assert.equal(agent.countProcesses(spec.id), 0);
    });
  }

  for (const point of [
    'agent.instance.stop-intended',
    'agent.instance.stopped',
  ] as const satisfies AgentPoint[]) {
    test(`a stop that an agent began before it was killed at ${point} is carried out`, async () => {
      await using agent = await TestAgent.start(point);
      const release = await agent.release({ 'server.js': serverSource });
      const spec = testInstance(release);
      await agent.startInstance(spec);
      await agent.call('awaitHealthy', { instance: spec.id });
      await assert.rejects(agent.stopInstance(spec.id), Failure);
      await agent.untilAnswers();
      await agent.until(
        async () => (await agent.call('observe', { environment: null })).instances.length === 0,
      );
      assert.equal(agent.countProcesses(spec.id), 0);
    });
  }

  for (const point of [
    'agent.task.intended',
    'agent.task.started',
    'agent.task.ended',
  ] as const satisfies AgentPoint[]) {
    test(`a task runs exactly once when the agent is killed at ${point}`, async () => {
      await using agent = await TestAgent.start(point);
      const task = testTask(null, 'echo ran >> "$PWD/runs"; sleep 0.3; echo done; exit 5');
      await agent.call('startTask', { fence: 1, spec: task }).catch(() => undefined);
      await agent.call('awaitTask', { task: task.id, waitMs: 5000 }).catch(() => undefined);
      await agent.untilAnswers();
      await agent.call('startTask', { fence: 1, spec: task });
      const status = await agent.call('awaitTask', { task: task.id, waitMs: 20_000 });
      assert.deepEqual([status.state, status.exitCode, status.reason], ['failed', 5, 'exited with code 5']);
      assert.equal(await agent.environmentFile('runs'), 'ran\n');
      assert.equal(agent.countProcesses(task.id), 0);
    });
  }

  for (const point of ['agent.routes.stored', 'agent.routes.applied'] as const satisfies AgentPoint[]) {
    test(`routes that were stored when the agent was killed at ${point} are served`, async () => {
      await using agent = await TestAgent.start(point);
      const release = await agent.release({ 'server.js': serverSource });
      const spec = testInstance(release);
      await agent.startInstance(spec);
      await agent.call('awaitHealthy', { instance: spec.id });
      const routes = [testRoute([spec.id])];
      await assert.rejects(agent.call('setRoutes', { fence: 1, environment, routes }), Failure);
      await agent.untilAnswers();
      await agent.until(async () => (await agent.visit('/')).status === 200);
    });
  }
});
