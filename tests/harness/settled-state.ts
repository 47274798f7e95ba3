import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { ControlResponse } from '../../src/api/control.ts';
import type { Application } from './deployed-application.ts';
import type { Mainstay } from './mainstay.ts';
import { waitUntil } from './wait-until.ts';

export type EnvironmentState = ControlResponse<'environment'>;

export interface Settled {
  readonly version: string;
  readonly instances?: number;
}

export function environmentState(mainstay: Mainstay, id: string): Promise<EnvironmentState> {
  const [app = '', environment = ''] = id.split('/');
  return mainstay.control.call('environment', { params: { app, environment } });
}

/**
 * What must hold after any operation, however it ended: this version serves, its instances and no others run,
 * and the control plane says so.
 */
export async function assertSettled(
  mainstay: Mainstay,
  application: Application,
  environment: string,
  { version, instances = 1 }: Settled,
): Promise<void> {
  assert.equal(await application.version(environment), version);
  const state = await environmentState(mainstay, application.id(environment));
  assert.equal(state.state, 'serving', `${state.id} is ${state.state}: ${state.reason}`);
  assert.deepEqual(state.instances, { running: instances, wanted: instances });
  const known = state.instanceList.map(({ id }) => id).sort();
  assert.equal(known.length, instances, `it lists ${known.join(', ')}`);
  assert.deepEqual(runningInstances(mainstay, application, environment), known);
}

/** Ids of the instances of an environment that really have a process, tasks and jobs included. */
export function runningInstances(
  mainstay: Mainstay,
  application: Application,
  environment: string,
): string[] {
  const prefix = `${application.name}.${environment}.`;
  const ids = mainstay.processes().map(({ instance }) => instance ?? '');
  return [...new Set(ids.filter((id) => id.startsWith(prefix)))].sort();
}

/** Reads the database beside the control plane that has it open. */
export function readDatabase<T>(mainstay: Mainstay, read: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(mainstay.home.database, { readOnly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

/** The journal is whole, nothing holds an environment, and the chain of evidence verifies. */
export async function assertSoundState(mainstay: Mainstay): Promise<void> {
  readDatabase(mainstay, (database) => {
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    const held = database
      .prepare('SELECT environment, operation FROM leases WHERE operation IS NOT NULL')
      .all();
    assert.deepEqual(held, [], 'a lease is still held');
    const open = database.prepare(`SELECT id, kind, state FROM operations WHERE state <> 'finished'`).all();
    assert.deepEqual(open, [], 'an operation has not ended');
  });
  const chain = await mainstay.control.call('verifyEvidence', { body: { head: null } });
  assert.equal(chain.intact, true, chain.problem ?? 'the chain of evidence is broken');
}

/** Ends a Mainstay after a suite: its state is sound, and nothing of it is left. */
export async function endSoundly(mainstay: Mainstay): Promise<void> {
  try {
    await assertSoundState(mainstay);
  } finally {
    await mainstay[Symbol.asyncDispose]();
  }
}

/** The newest operation of an environment, once it has ended. */
export function lastOperation(mainstay: Mainstay, id: string): Promise<ControlResponse<'operation'>> {
  return waitUntil(
    `the last operation of ${id} has ended`,
    async () => {
      const { operations } = await mainstay.control.call('operations', {
        query: { environment: id, limit: 1 },
      });
      const [newest] = operations;
      if (newest?.state !== 'finished') return undefined;
      return mainstay.control.call('operation', { params: { id: newest.id } });
    },
    { timeoutMs: 30_000 },
  );
}
