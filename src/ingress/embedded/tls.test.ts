import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { instant, millis } from '../../core/units.ts';
import { rawExchange } from '../conformance/raw-client.ts';
import { testRoute } from '../conformance/test-route.ts';
import { startApplication } from '../conformance/test-upstream.ts';
import { LocalAuthority } from './local-authority.ts';
import { TestIngress } from './test-ingress.ts';

const clock = { now: () => instant(Date.now()), monotonic: () => millis(performance.now()) };
const get = 'GET /a?b HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n';

async function secureExchange(
  port: number,
  ca: string,
  text: string,
  servername = 'app.test',
): Promise<string> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername, ca });
  await once(socket, 'secureConnect');
  socket.write(text, 'latin1');
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (received += chunk));
  await once(socket, 'end');
  socket.destroy();
  return received;
}

test('a host with a local certificate is served over https by an authority made on first use', async () => {
  await using under = await TestIngress.start();
  await using application = await startApplication((request, response) =>
    response.end(`${String(request.headers['x-forwarded-proto'])} ${request.url}`),
  );
  await under.routes(testRoute([application.port], { tls: { mode: 'local' } }));
  const certificates = join(under.directory, 'certificates');
  // The first handshake makes the authority; whom to trust is known only after it.
  const first = connect({
    port: under.https.port,
    host: '127.0.0.1',
    servername: 'app.test',
    rejectUnauthorized: false,
  });
  await once(first, 'secureConnect');
  first.destroy();
  const ca = await readFile(join(certificates, 'local-ca.pem'), 'utf8');
  assert.match(await secureExchange(under.https.port, ca, get), /^HTTP\/1\.1 200 [^]*https \/a\?b$/);
  for (const file of ['local-ca.key', 'app.test.key']) {
    assert.equal((await stat(join(certificates, file))).mode & 0o777, 0o600);
  }
});

test('plain requests to a host with TLS are sent to https', async () => {
  await using under = await TestIngress.start();
  await under.routes(testRoute([], { tls: { mode: 'local' } }));
  const answer = await rawExchange(under.http.port, get);
  assert.match(answer, /^HTTP\/1\.1 308 /);
  assert.ok(answer.includes(`location: https://app.test:${under.https.port}/a?b\r\n`));
});

test('a name that no route serves over https gets no handshake', async () => {
  await using under = await TestIngress.start();
  await under.routes(
    testRoute([], { tls: { mode: 'local' } }),
    testRoute([], { id: 'off', hosts: ['off.test'] }),
  );
  for (const servername of ['unknown.test', 'off.test']) {
    const socket = connect({
      port: under.https.port,
      host: '127.0.0.1',
      servername,
      rejectUnauthorized: false,
    });
    await assert.rejects(once(socket, 'secureConnect'));
  }
});

test('certificates from files are used, and taken anew from changed files by the next process', async () => {
  await using under = await TestIngress.start();
  await using application = await startApplication((_request, response) => response.end('hello'));
  const directory = join(under.directory, 'given');
  const authority = new LocalAuthority(directory, clock);
  const { certificate, key } = await authority.certificateFor('app.test');
  const files = { certificate: join(under.directory, 'c.pem'), key: join(under.directory, 'k.pem') };
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key);
  await under.routes(testRoute([application.port], { tls: { mode: 'files', ...files } }));
  const ca = await readFile(join(directory, 'local-ca.pem'), 'utf8');
  assert.match(await secureExchange(under.https.port, ca, get), /hello$/);
  under.kill('SIGKILL');
  await under.launch();
  assert.match(await secureExchange(under.https.port, ca, get), /hello$/);
});

test('a local certificate is kept while it is fresh and renewed before it ends', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'authority-'));
  const directory = temporary.path;
  const first = await new LocalAuthority(directory, clock).certificateFor('a.test');
  const again = await new LocalAuthority(directory, clock).certificateFor('a.test');
  assert.equal(again.certificate, first.certificate);
  const later = { ...clock, now: () => instant(Date.now() + 70 * 86_400_000) };
  const renewed = await new LocalAuthority(directory, later).certificateFor('a.test');
  assert.notEqual(renewed.certificate, first.certificate);
});

test('a local certificate says what browsers ask for', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'authority-'));
  const directory = temporary.path;
  const pair = await new LocalAuthority(directory, clock).certificateFor('a.test');
  const certificate = new X509Certificate(pair.certificate);
  const authority = new X509Certificate(await readFile(join(directory, 'local-ca.pem'), 'utf8'));
  assert.equal(certificate.subjectAltName, 'DNS:a.test');
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(certificate.ca, false);
  assert.equal(authority.ca, true);
  assert.equal(certificate.checkIssued(authority), true);
  assert.equal(certificate.verify(authority.publicKey), true);
  assert.equal(certificate.checkHost('a.test'), 'a.test');
});
