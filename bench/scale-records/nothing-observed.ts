import type { HostObservation } from '../../src/api/agent.ts';

/** A host on which nothing runs yet: what the first deploy of an environment sees. */
export const nothingObserved: HostObservation = {
  host: {
    hostname: 'bench',
    os: 'Linux',
    kernel: '6',
    cpus: 2,
    memoryBytes: 8e9,
    memoryFreeBytes: 4e9,
    diskFreeBytes: 1e11,
    diskTotalBytes: 2e11,
    runtimes: {},
  },
  agent: { version: '0', pid: 1, startedAt: 0 },
  ingress: null,
  instances: [],
  releases: [],
  routes: [],
  jobs: [],
  data: [],
};
