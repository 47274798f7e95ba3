import { readFile, statfs } from 'node:fs/promises';
import * as os from 'node:os';
import type { HostObservation } from '../../api/agent.ts';
import type { ProgramVersions } from './program-versions.ts';

/** The machine as a plan and a person need to know it. `root` tells which file system matters. */
export async function hostFacts(root: string, versions: ProgramVersions): Promise<HostObservation['host']> {
  const [disk, system, free, runtimes] = await Promise.all([
    statfs(root),
    operatingSystem(),
    availableMemory(),
    versions.read(),
  ]);
  return {
    hostname: os.hostname(),
    os: system,
    kernel: os.release(),
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    memoryFreeBytes: free,
    diskFreeBytes: disk.bavail * disk.bsize,
    diskTotalBytes: disk.blocks * disk.bsize,
    runtimes,
  };
}

async function operatingSystem(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? os.type();
}

/** What processes could still get, caches that the kernel would give up included. */
async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'latin1').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? os.freemem() : Number(kilobytes) * 1024;
}
