import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test from 'node:test';
import { explainSilence, ownsPort, publicWarnings } from './explain-readiness.ts';

test('a port is the instance’s own only when its processes listen there for loopback', () => {
  assert.equal(ownsPort([{ address: '127.0.0.1', port: 3000 }], 3000), true);
  assert.equal(ownsPort([{ address: '::', port: 3000 }], 3000), true);
  assert.equal(ownsPort([{ address: '::1', port: 3000 }], 3000), false);
  assert.equal(ownsPort([], 3000), false);
  assert.equal(ownsPort(null, 3000), true, 'where nothing can be seen, the answer counts');
});

test('listening on IPv6 loopback only is explained as such', () => {
  const why = explainSilence([{ address: '::1', port: 3000 }], { port: 3000, env: 'PORT' });
  assert.equal(why, 'it listens on [::1] only, not on 127.0.0.1 ($HOST)');
});

test('a port that another process holds is explained by its name and pid', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const why = explainSilence([], { port, env: 'PORT' });
  assert.ok(why.includes(`(pid ${process.pid})`), why);
  server.close();
});

test('only addresses that others can reach are warned about', () => {
  assert.deepEqual(
    publicWarnings([
      { address: '127.0.0.1', port: 1 },
      { address: '::1', port: 2 },
    ]),
    [],
  );
  assert.equal(publicWarnings([{ address: '::', port: 80 }])[0]?.includes('[::]:80'), true);
});
