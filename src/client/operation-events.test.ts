import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixtureControl } from '../../tests/support/fixture-control.ts';
import type { OperationEventView } from '../api/operation-events.ts';
import type { OperationEvent } from '../operations/events.ts';
import { ControlClient } from './control-client.ts';
import { followOperation } from './operation-events.ts';

/** Compiles only while every event of the engine is one that a client understands. */
const understood = (event: OperationEvent): OperationEventView => event;

const forEver = new AbortController().signal;
const note = (text: string) =>
  ({ type: 'step-progress', data: { step: null, progress: { type: 'note', text } } }) as const;
const finished = { type: 'finished', data: { outcome: 'succeeded', failure: null } } as const;

test('events come in order, from the one asked for, until the operation has finished', async () => {
  await using control = await FixtureControl.start();
  for (const body of [note('one'), note('two'), note('three'), finished]) control.emit('op1', body);
  const client = new ControlClient({ socketPath: control.socketPath });
  const seen: number[] = [];
  for await (const event of followOperation(client, 'op1', forEver, { after: 1 }))
    seen.push(understood(event as OperationEvent).seq);
  assert.deepEqual(seen, [2, 3, 4]);
});

test('after broken connections and a restart of the control plane no event is missing or doubled', async () => {
  await using control = await FixtureControl.start();
  const told: string[] = [];
  const client = new ControlClient({
    socketPath: control.socketPath,
    revive: async () => {
      told.push('revived');
      await control.listen();
    },
  });
  control.emit('op1', note('one'));
  const seen: number[] = [];
  const options = { onLost: () => told.push('lost'), onResumed: () => told.push('resumed') };
  for await (const event of followOperation(client, 'op1', forEver, options)) {
    seen.push(event.seq);
    if (event.seq === 1) control.cut();
    if (event.seq === 2) await control.stop();
    if (event.seq < 3) control.emit('op1', note(`after ${event.seq}`));
    if (event.seq === 3) control.emit('op1', finished);
  }
  assert.deepEqual(seen, [1, 2, 3, 4]);
  assert.deepEqual(told, ['lost', 'resumed', 'lost', 'revived', 'resumed']);
});

test('following ends at once when nobody wants it any more', async () => {
  await using control = await FixtureControl.start();
  control.emit('op1', note('one'));
  const abort = new AbortController();
  const client = new ControlClient({ socketPath: control.socketPath });
  await assert.rejects(
    async () => {
      for await (const _event of followOperation(client, 'op1', abort.signal)) abort.abort(new Error('left'));
    },
    { message: 'left' },
  );
});
