import { hostname } from 'node:os';
import type { HostObservation } from '../api/agent.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { Clock } from '../core/units.ts';
import type { Host } from '../hosts/host.ts';
import type { HostObserved } from '../lifecycle/evidence-kinds.ts';
import type { Store } from '../store/store.ts';
import { isPublicAddress, readListeners, socketInodes } from '../system/listening-ports.ts';
import { type ProcessTable, readProcessTable } from '../system/process-table.ts';

/** An observation that says nothing new is written again after this, so that it does not count as old. */
const repeatAfterMs = 3_600_000;

/** Looks at every host and leaves what it saw as evidence. A host that does not answer leaves none. */
export async function observeHosts(
  store: Store,
  hosts: readonly Host[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const seen = await Promise.allSettled(
    hosts.map(async (host) => ({
      subject: `host:${host.name}`,
      data: toEvidence(await host.call('observe', { environment: null }, signal)),
    })),
  );
  for (const result of seen) {
    if (result.status === 'rejected') continue;
    const { subject, data } = result.value;
    const [last] = store.evidence.read({ subject, kind: 'host.observed', limit: 1 });
    const isNews = last === undefined || lasting(last.data) !== lasting(data);
    if (isNews || clock.now() - last.at > repeatAfterMs || clock.now() < last.at) {
      store.evidence.append({ kind: 'host.observed', subject, data: data as unknown as Json });
    }
  }
}

function toEvidence({ host, ingress, instances }: HostObservation): HostObserved {
  return {
    os: host.os,
    kernel: host.kernel,
    cpus: host.cpus,
    memoryBytes: host.memoryBytes,
    diskTotalBytes: host.diskTotalBytes,
    diskFreeBytes: host.diskFreeBytes,
    runtimes: host.runtimes,
    ingress:
      ingress === null
        ? null
        : { address: ingress.address, httpPort: ingress.httpPort, httpsPort: ingress.httpsPort },
    exposed: host.hostname === hostname() ? exposedPorts(instances) : null,
  };
}

/** Without what changes from minute to minute. */
function lasting(data: unknown): string {
  return canonicalJson({ ...(data as HostObserved), diskFreeBytes: null });
}

/** Ports of this machine on which an instance, or a process that it started, can be reached from others. */
function exposedPorts(instances: HostObservation['instances']): { instance: string; port: number }[] {
  const open = readListeners().filter(({ address }) => isPublicAddress(address));
  if (open.length === 0) return [];
  const table = readProcessTable();
  return instances.flatMap(({ id, pid }) => {
    if (pid === null) return [];
    const inodes = new Set(treeOf(pid, table).flatMap((member) => [...(socketInodes(member) ?? [])]));
    const ports = new Set(open.filter(({ inode }) => inodes.has(inode)).map(({ port }) => port));
    return [...ports].map((port) => ({ instance: id, port }));
  });
}

function treeOf(root: number, table: ProcessTable): number[] {
  const tree = [root];
  for (const parent of tree) {
    for (const entry of table.values()) if (entry.parent === parent) tree.push(entry.pid);
  }
  return tree;
}
