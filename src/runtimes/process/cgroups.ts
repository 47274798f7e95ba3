import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Cgroup {
  readonly directory: string;
  readonly kind: 'v2' | 'memory' | 'cpu';
}

interface Limits {
  readonly memoryBytes: number | null;
  readonly cpus: number | null;
}

/** Directories under which this process may make groups, by what they can limit. */
interface CgroupBases {
  readonly v2: string | null;
  readonly memory: string | null;
  readonly cpu: string | null;
}

const cpuPeriod = 100_000;

/**
 * Control groups for runs with limits, in a sub-tree of our own: version 2 where it may be divided, else the
 * memory and cpu controllers of version 1 where they may be written.
 */
export class Cgroups {
  readonly #name: string;
  #bases: Promise<CgroupBases> | undefined;

  /** `name` of the sub-tree; two Mainstays on one machine use different ones. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Makes the groups for these limits; what is missing from the result cannot be enforced here. */
  async create(run: string, limits: Limits): Promise<Cgroup[]> {
    if (limits.memoryBytes === null && limits.cpus === null) return [];
    this.#bases ??= findBases(this.#name);
    const bases = await this.#bases;
    if (bases.v2 !== null) return [await makeGroup({ directory: join(bases.v2, run), kind: 'v2' }, limits)];
    const groups: Cgroup[] = [];
    if (bases.memory !== null && limits.memoryBytes !== null) {
      groups.push(await makeGroup({ directory: join(bases.memory, run), kind: 'memory' }, limits));
    }
    if (bases.cpu !== null && limits.cpus !== null) {
      groups.push(await makeGroup({ directory: join(bases.cpu, run), kind: 'cpu' }, limits));
    }
    return groups;
  }

  /** The groups that an earlier life of the agent made for a run. */
  async find(run: string): Promise<Cgroup[]> {
    this.#bases ??= findBases(this.#name);
    const groups: Cgroup[] = [];
    for (const [kind, base] of Object.entries(await this.#bases) as [Cgroup['kind'], string | null][]) {
      const directory = base === null ? '' : join(base, run);
      if (base !== null && (await exists(directory))) groups.push({ directory, kind });
    }
    return groups;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function makeGroup(group: Cgroup, limits: Limits): Promise<Cgroup> {
  if (group.kind === 'v2') {
    await mkdir(dirname(group.directory), { recursive: true });
    await divide(dirname(group.directory));
  }
  await mkdir(group.directory, { recursive: true });
  const set = (file: string, value: string): Promise<void> => writeFile(join(group.directory, file), value);
  const { memoryBytes, cpus } = limits;
  if (group.kind === 'v2') {
    if (memoryBytes !== null) {
      await set('memory.max', String(memoryBytes));
      await set('memory.swap.max', '0').catch(ignoreMissing);
      // One process out of memory ends the whole run: half of an application is worse than none.
      await set('memory.oom.group', '1').catch(ignoreMissing);
    }
    if (cpus !== null) await set('cpu.max', `${Math.round(cpus * cpuPeriod)} ${cpuPeriod}`);
  } else if (group.kind === 'memory' && memoryBytes !== null) {
    await set('memory.limit_in_bytes', String(memoryBytes));
    await set('memory.memsw.limit_in_bytes', String(memoryBytes)).catch(ignoreMissing);
  } else if (group.kind === 'cpu' && cpus !== null) {
    await set('cpu.cfs_period_us', String(cpuPeriod));
    await set('cpu.cfs_quota_us', String(Math.round(cpus * cpuPeriod)));
  }
  return group;
}

function ignoreMissing(): void {
  // Kernels without swap accounting lack the file; the limit on memory itself stands.
}

export function limitsMemory(group: Cgroup): boolean {
  return group.kind !== 'cpu';
}

/** How many processes of these groups the kernel killed because they had no memory left. */
export async function countOutOfMemoryKills(groups: readonly Cgroup[]): Promise<number> {
  let count = 0;
  for (const group of groups.filter(limitsMemory)) {
    const file = group.kind === 'v2' ? 'memory.events' : 'memory.oom_control';
    const text = await readFile(join(group.directory, file), 'latin1').catch(() => '');
    count += Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  }
  return count;
}

/** Removes groups without members, and the sub-tree when it is empty. */
export async function removeGroups(groups: readonly Cgroup[]): Promise<void> {
  for (const { directory } of groups) {
    await removeGroup(directory);
    // Fails while other runs are in it, which is as it should be.
    await rmdir(dirname(directory)).catch(() => undefined);
  }
}

/** The kernel lets go of a group a moment after its last member has ended. */
async function removeGroup(directory: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      await rmdir(directory);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function findBases(name: string): Promise<CgroupBases> {
  const membership = await readFile('/proc/self/cgroup', 'latin1').catch(() => '');
  const mounts = await readFile('/proc/self/mountinfo', 'latin1').catch(() => '');
  const v2 = await firstUsable(v2Candidates(membership, mounts), name, divide);
  if (v2 !== null) return { v2, memory: null, cpu: null };
  const v1 = (controller: string): Promise<string | null> =>
    firstUsable(v1Candidates(controller, membership, mounts), name, () => Promise.resolve(true));
  return { v2: null, memory: await v1('memory'), cpu: await v1('cpu') };
}

interface CgroupMount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

function parseMounts(text: string): CgroupMount[] {
  return text
    .split('\n')
    .filter((line) => line.includes(' - cgroup'))
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      const [type = '', , options = ''] = after.split(' ');
      return { root: fields[3] ?? '/', point: fields[4] ?? '', type, options: options.split(',') };
    });
}

/** Where the own group of this process lies in the file system, seen through this mount. */
function ownDirectory(mount: CgroupMount, path: string): string {
  const inside = mount.root !== '/' && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
  return join(mount.point, inside);
}

/** Exported for the test of its reading of the kernel's files. */
export function v1Candidates(controller: string, membership: string, mounts: string): string[] {
  const mount = parseMounts(mounts).find(
    ({ type, options }) => type === 'cgroup' && options.includes(controller),
  );
  const line = membership.split('\n').find((text) => text.split(':')[1]?.split(',').includes(controller));
  if (mount === undefined || line === undefined) return [];
  return [ownDirectory(mount, line.split(':').slice(2).join(':')), mount.point];
}

/** From the own group upwards: only a group without processes of its own can be divided, or the root. */
export function v2Candidates(membership: string, mounts: string): string[] {
  const mount = parseMounts(mounts).find(({ type }) => type === 'cgroup2');
  const line = membership.split('\n').find((text) => text.startsWith('0::'));
  if (mount === undefined || line === undefined) return [];
  const candidates: string[] = [];
  for (let path = ownDirectory(mount, line.slice(3)); path.startsWith(mount.point); path = dirname(path)) {
    candidates.push(path);
  }
  return candidates;
}

/** Lets the groups below this one have limits. False where the controllers are not to be had. */
async function divide(directory: string): Promise<boolean> {
  const controllers = await readFile(join(directory, 'cgroup.controllers'), 'latin1');
  if (!/\bmemory\b/.test(controllers)) return false;
  const wanted = ['memory', 'cpu'].filter((name) => controllers.split(/\s/).includes(name));
  await writeFile(join(directory, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '));
  return true;
}

async function firstUsable(
  candidates: readonly string[],
  name: string,
  divideGroup: (directory: string) => Promise<boolean>,
): Promise<string | null> {
  for (const candidate of candidates) {
    const base = join(candidate, name);
    try {
      await access(candidate, constants.W_OK);
      if (!(await divideGroup(candidate))) continue;
      await mkdir(base, { recursive: true });
      if ((await divideGroup(base)) && (await mayEnter(join(base, 'probe')))) return base;
    } catch {
      // Not ours to divide; the next one may be.
    }
    await rmdir(base).catch(() => undefined);
  }
  return null;
}

/** Whether a process may put itself into a group there: tried, because the rules differ by delegation. */
async function mayEnter(directory: string): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  try {
    const child = spawn('/bin/sh', ['-c', 'echo $$ > "$1/cgroup.procs"', 'mainstay', directory], {
      stdio: 'ignore',
      env: {},
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  } finally {
    await removeGroup(directory);
  }
}
