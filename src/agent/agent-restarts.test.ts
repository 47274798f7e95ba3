import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../core/failure.ts';
import { serverSource, TestAgent, testInstance, testRoute } from './test-agent.ts';

const environment = 'shop/test';

// Each has a home of its own, and most of their time is waiting.
describe('an agent that is killed', { concurrency: true }, () => {
  test('instances and ingress live through a kill -9 of the agent, which takes them up again', async () => {
    await using agent = await TestAgent.start();
    const release = await agent.release({ 'server.js': serverSource });
    const spec = testInstance(release);
    await agent.startInstance(spec);
    const before = await agent.call('awaitHealthy', { instance: spec.id });
    await agent.call('setRoutes', { fence: 7, environment, routes: [testRoute([spec.id])] });
    const { ingress } = await agent.call('observe', { environment: null });
    assert.equal((await agent.visit('/pid')).body, String(before.pid));
    await agent.kill();
    // Nobody but the guardian in the ingress starts the agent again here.
    await agent.untilAnswers();
    const after = await agent.status(spec.id);
    assert.deepEqual([after.pid, after.restarts, after.state], [before.pid, 0, 'running']);
    assert.equal((await agent.call('observe', { environment: null })).ingress?.pid, ingress?.pid);
    assert.equal((await agent.visit('/pid')).body, String(before.pid));
    const late = agent.call('setRoutes', { fence: 6, environment, routes: [] });
    await assert.rejects(late, (error: unknown) => error instanceof Failure && error.code === 'lease-lost');
  });

  test('a killed ingress is started again on the same sockets, also by an agent that inherited them', async () => {
    await using agent = await TestAgent.start();
    const release = await agent.release({ 'server.js': serverSource });
    const spec = testInstance(release);
    await agent.startInstance(spec);
    await agent.call('awaitHealthy', { instance: spec.id });
    await agent.call('setRoutes', { fence: 1, environment, routes: [testRoute([spec.id])] });
    const { ingress } = await agent.call('observe', { environment: null });
    for (const round of ['agent as started', 'agent as brought back']) {
      const now = (await agent.call('observe', { environment: null })).ingress;
      assert.equal(now?.httpPort, ingress?.httpPort);
      const asked = agent.visit('/hello');
      process.kill(now?.pid ?? 0, 'SIGKILL');
      await asked.catch(() => undefined);
      // Whoever comes now waits in the kernel until the next ingress accepts.
      assert.equal(await visitPort(now?.httpPort ?? 0), 200, round);
      await agent.until(async () => (await agent.call('observe', { environment: null })).ingress !== null);
      if (round === 'agent as started') {
        await agent.kill();
        await agent.untilAnswers();
      }
    }
  });

  test('an instance that ends is started again, and the routes follow it', async () => {
    await using agent = await TestAgent.start();
    const release = await agent.release({ 'server.js': serverSource });
    const spec = testInstance(release);
    await agent.startInstance(spec);
    const before = await agent.call('awaitHealthy', { instance: spec.id });
    await agent.call('setRoutes', { fence: 1, environment, routes: [testRoute([spec.id])] });
    await fetch(`http://127.0.0.1:${before.port}/exit`).catch(() => undefined);
    await agent.until(async () => (await agent.status(spec.id)).restarts === 1);
    const { body } = await agent.visit('/pid');
    const after = await agent.call('awaitHealthy', { instance: spec.id });
    assert.equal(body, String(after.pid));
    assert.equal(after.lastExit?.reason, 'exited with code 3');
  });

  test('what an application prints while the agent is dead is in the log afterwards', async () => {
    await using agent = await TestAgent.start();
    const release = await agent.release({
      'count.js': 'let i = 0; setInterval(() => console.log("line", ++i), 10)',
    });
    const spec = testInstance(release, {
      command: { kind: 'argv', argv: [process.execPath, 'count.js'] },
      port: { mode: 'none' },
      health: null,
    });
    await agent.startInstance(spec);
    await agent.until(async () => /line 5"/.test(await agent.logText(spec.id)));
    await agent.kill();
    await agent.untilAnswers();
    await agent.stopInstance(spec.id);
    const numbers = [...(await agent.logText(spec.id)).matchAll(/"line (\d+)"/g)].map((match) =>
      Number(match[1]),
    );
    assert.ok(numbers.length > 100, `only ${numbers.length} lines`);
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, index) => index + 1),
    );
  });
});

async function visitPort(port: number): Promise<number> {
  for (;;) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
      // Without the host name of the route the answer is 404: the ingress is there.
      return answer.status === 404 ? 200 : answer.status;
    } catch {
      // The connection was in the hands of the ingress that was killed.
    }
  }
}
