import assert from 'node:assert/strict';
import test from 'node:test';
import { v1Candidates, v2Candidates } from './cgroups.ts';

const v2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';
const v1 =
  '31 25 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n' +
  '32 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n';

test('under version 2 the own group is tried first, then those above it up to the root', () => {
  assert.deepEqual(v2Candidates('0::/system.slice/mainstay.service\n', v2), [
    '/sys/fs/cgroup/system.slice/mainstay.service',
    '/sys/fs/cgroup/system.slice',
    '/sys/fs/cgroup',
  ]);
});

test('under version 1 each controller is found by its own mount and membership', () => {
  const membership = '9:cpu,cpuacct:/jobs\n4:memory:/jobs/a\n0::/\n';
  assert.deepEqual(v1Candidates('memory', membership, v1), [
    '/sys/fs/cgroup/memory/jobs/a',
    '/sys/fs/cgroup/memory',
  ]);
  assert.deepEqual(v1Candidates('cpu', membership, v1), [
    '/sys/fs/cgroup/cpu,cpuacct/jobs',
    '/sys/fs/cgroup/cpu,cpuacct',
  ]);
});

test('a mount that shows a part of the tree is seen from that part', () => {
  const mounts = '31 25 0:28 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n';
  assert.deepEqual(v1Candidates('memory', '4:memory:/docker/abc/x\n', mounts), [
    '/sys/fs/cgroup/memory/x',
    '/sys/fs/cgroup/memory',
  ]);
});

test('a machine without control groups has no candidates', () => {
  assert.deepEqual(v2Candidates('', ''), []);
  assert.deepEqual(v1Candidates('memory', '', ''), []);
});
