import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testRoute } from '../conformance/test-route.ts';
import { Instance } from './instance.ts';
import { compileTable, hostName } from './routing-table.ts';
import { TrafficCounter } from './traffic-counter.ts';

const counter = new TrafficCounter('app/test', 'web', 'r1');

function table(...routes: ReturnType<typeof testRoute>[]) {
  return compileTable(
    { generation: 1, routes },
    (_route, upstream) => new Instance(upstream.instance, upstream.port, counter),
    () => counter,
  );
}

test('the longest matching prefix of the host wins, and a prefix ends at a slash', () => {
  const routes = table(
    testRoute([1], { id: 'root' }),
    testRoute([2], { id: 'shop', pathPrefix: '/shop' }),
    testRoute([3], { id: 'cart', pathPrefix: '/shop/cart/' }),
    testRoute([4], { id: 'other', hosts: ['other.test'], pathPrefix: '/only' }),
  );
  const matched = (host: string, path: string) => routes.match(host, path)?.route.id;
  assert.equal(matched('app.test', '/'), 'root');
  assert.equal(matched('app.test', '/shop'), 'shop');
  assert.equal(matched('app.test', '/shop/x'), 'shop');
  assert.equal(matched('app.test', '/shopping'), 'root');
  assert.equal(matched('app.test', '/shop/cart'), 'shop');
  assert.equal(matched('app.test', '/shop/cart/1'), 'cart');
  assert.equal(matched('other.test', '/'), undefined);
  assert.equal(matched('unknown.test', '/'), undefined);
});

test('host names lose port, case and final dot', () => {
  assert.equal(hostName('Shop.Example.:8080'), 'shop.example');
  assert.equal(hostName('[::1]:80'), '[::1]');
  assert.equal(hostName('[::1]'), '[::1]');
  assert.equal(hostName('localhost'), 'localhost');
});

test('requests go to the instance with least in flight, in turn among equals, never to one that is down', () => {
  const [route] = table(testRoute([1, 2, 3])).routes;
  assert.ok(route);
  const [first, second, third] = route.instances;
  assert.ok(first && second && third);
  const picked = new Set(Array.from({ length: 6 }, () => route.pick(null)?.id));
  assert.equal(picked.size, 3);
  first.inFlight = 2;
  second.inFlight = 1;
  third.down = 'it is';
  assert.equal(route.pick(null), second);
  assert.equal(route.pick(second), first);
  first.down = 'it is';
  assert.equal(route.pick(second), second);
  second.down = 'it is';
  assert.equal(route.pick(null), undefined);
});
