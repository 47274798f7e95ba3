import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { z } from 'zod';
import { controlCalls } from '../../src/api/control.ts';
import { failureSchema } from '../../src/api/shapes.ts';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface OpenApi {
  readonly paths: Record<string, Record<string, { operationId: string; parameters: unknown[] }>>;
}

describe('the control API', () => {
  let mainstay: Mainstay;

  const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const call = request({ socketPath: mainstay.home.controlSocket, method, path }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown });
        });
      });
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });

  before(async () => {
    mainstay = await startMainstay();
    const app = new Application(mainstay, 'shop');
    assert.equal((await app.deploy('staging', { version: '1' })).code, 0);
    await app.ok(['promote', 'production']);
  });
  after(() => mainstay[Symbol.asyncDispose]());

  it('lists exactly the calls of the contract in its OpenAPI document', async () => {
    const { status, body } = await ask('GET', '/v1/openapi.json');
    assert.equal(status, 200);
    const { paths } = body as OpenApi;
    const listed = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    assert.deepEqual(listed.sort(), Object.keys(controlCalls).sort());
  });

  it('declares every parameter that stands in a path', async () => {
    const { body } = await ask('GET', '/v1/openapi.json');
    for (const [path, methods] of Object.entries((body as OpenApi).paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      for (const { parameters } of Object.values(methods)) {
        const declared = (parameters as { in: string; name: string }[])
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => name);
        assert.deepEqual(declared.sort(), named.sort(), path);
      }
    }
  });

  const readings: readonly (readonly [string, string, z.ZodType])[] = [
    ['health', '/v1/health', controlCalls.health.response],
    ['status', '/v1/status', controlCalls.status.response],
    ['environment', '/v1/environments/shop/production', controlCalls.environment.response],
    ['operations', '/v1/operations?environment=shop/staging', controlCalls.operations.response],
    ['releases', '/v1/apps/shop/releases', controlCalls.releases.response],
    ['config', '/v1/environments/shop/production/config', controlCalls.config.response],
    ['compare', '/v1/apps/shop/compare?left=staging&right=production', controlCalls.compare.response],
    ['lifecycle', '/v1/apps/shop/lifecycle', controlCalls.lifecycle.response],
    ['evidence', '/v1/evidence?limit=100', controlCalls.evidence.response],
    ['hosts', '/v1/hosts', controlCalls.hosts.response],
  ];
  for (const [name, path, schema] of readings)
    it(`answers ${name} in the documented shape`, async () => {
      const { status, body } = await ask('GET', path);
      assert.equal(status, 200, JSON.stringify(body));
      const parsed = schema.safeParse(body);
      assert.ok(parsed.success, parsed.success ? '' : JSON.stringify(parsed.error.issues));
    });

  it('answers one operation with its steps', async () => {
    const list = controlCalls.operations.response.parse((await ask('GET', '/v1/operations')).body);
    const [newest] = list.operations;
    assert.ok(newest);
    const { body } = await ask('GET', `/v1/operations/${newest.id}`);
    const operation = controlCalls.operation.response.parse(body);
    assert.ok(operation.steps.length > 3 && operation.steps.every(({ state }) => state === 'done'));
  });

  it('answers the same idempotency key with the same operation', async () => {
    const wish = {
      idempotencyKey: 'the-same-key',
      requestedBy: 'test',
      request: { kind: 'verify', environment: 'shop/staging' },
    };
    const first = controlCalls.startOperation.response.parse(
      (await ask('POST', '/v1/operations', wish)).body,
    );
    const again = controlCalls.startOperation.response.parse(
      (await ask('POST', '/v1/operations', wish)).body,
    );
    assert.deepEqual([first.created, again.created], [true, false]);
    assert.equal(first.operation.id, again.operation.id);
  });

  const refusals: readonly (readonly [string, string, string, unknown, number, string])[] = [
    ['an unknown path', 'GET', '/v1/nothing', undefined, 404, 'not-found'],
    ['a method that the path does not take', 'POST', '/v1/status', {}, 405, 'not-found'],
    ['an unknown environment', 'GET', '/v1/environments/shop/moon', undefined, 404, 'not-found'],
    ['a body that does not fit', 'POST', '/v1/operations', { kind: 'deploy' }, 400, 'usage-invalid'],
    ['a query that does not fit', 'GET', '/v1/operations?limit=-1', undefined, 400, 'usage-invalid'],
    ['an unknown operation', 'GET', '/v1/operations/zzzzzzzzzz', undefined, 404, 'not-found'],
  ];
  for (const [what, method, path, body, status, code] of refusals)
    it(`refuses ${what} with a failure that says so`, async () => {
      const answer = await ask(method, path, body);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.equal(failureSchema.parse(answer.body).code, code);
    });
});
