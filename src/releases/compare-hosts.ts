import { bytes, formatBytes } from '../core/units.ts';
import type { EnvironmentDifference, HostPicture } from './environment-picture.ts';

/** Capacity that differs by less than this is the same machine size to a person. */
const similar = 1.25;

/** Differences of the machines below two environments. One machine that carries both has none. */
export function compareHosts(
  left: readonly HostPicture[],
  right: readonly HostPicture[],
): EnvironmentDifference[] {
  const others = left.filter(({ name }) => !right.some((host) => host.name === name));
  if (left.length === 0 || right.length === 0 || (others.length === 0 && left.length === right.length))
    return [];
  return [
    ...compareCount(left, right),
    ...compareText(
      'operating system',
      distinct(left, ({ os }) => os),
      distinct(right, ({ os }) => os),
      'medium',
    ),
    ...compareRuntimes(left, right),
    ...compareCapacity('CPUs of a host', smallest(left, 'cpus'), smallest(right, 'cpus'), String),
    ...compareCapacity(
      'memory of a host',
      smallest(left, 'memoryBytes'),
      smallest(right, 'memoryBytes'),
      (size) => formatBytes(bytes(size)),
    ),
  ];
}

function compareCount(left: readonly HostPicture[], right: readonly HostPicture[]): EnvironmentDifference[] {
  if (left.length > 1 || right.length <= 1) return [];
  return [
    {
      what: 'hosts',
      left: String(left.length),
      right: String(right.length),
      why: 'files on the disk of one host and calls to 127.0.0.1 work here and fail across hosts',
      severity: 'high',
    },
  ];
}

function compareRuntimes(
  left: readonly HostPicture[],
  right: readonly HostPicture[],
): EnvironmentDifference[] {
  const programs = new Set([...left, ...right].flatMap(({ runtimes }) => Object.keys(runtimes)));
  return [...programs].sort().flatMap((program) =>
    compareText(
      `version of ${program}`,
      distinct(left, ({ runtimes }) => runtimes[program] ?? 'absent'),
      distinct(right, ({ runtimes }) => runtimes[program] ?? 'absent'),
      'high',
    ),
  );
}

function compareText(
  what: string,
  left: string,
  right: string,
  severity: EnvironmentDifference['severity'],
): EnvironmentDifference[] {
  if (left === right) return [];
  return [{ what, left, right, why: 'the same release behaves otherwise on another version', severity }];
}

function compareCapacity(
  what: string,
  left: number,
  right: number,
  format: (value: number) => string,
): EnvironmentDifference[] {
  if (Math.max(left, right) < Math.min(left, right) * similar) return [];
  return [
    {
      what,
      left: format(left),
      right: format(right),
      why: left > right ? 'what fits here may not fit there' : 'speed seen here is not the speed there',
      severity: left > right ? 'medium' : 'low',
    },
  ];
}

function distinct(hosts: readonly HostPicture[], of: (host: HostPicture) => string): string {
  return [...new Set(hosts.map(of))].sort().join(', ');
}

function smallest(hosts: readonly HostPicture[], field: 'cpus' | 'memoryBytes'): number {
  return Math.min(...hosts.map((host) => host[field]));
}
