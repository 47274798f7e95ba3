import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readProcessEntry, readProcessTable } from './process-table.ts';

/** A TCP socket in the state LISTEN. */
export interface Listener {
  /** `127.0.0.1`, `0.0.0.0`, `::`, `::1` … */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** All listening TCP sockets of this network namespace. */
export function readListeners(): Listener[] {
  return [...parseTable('/proc/net/tcp'), ...parseTable('/proc/net/tcp6')];
}

function parseTable(path: string): Listener[] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    // A kernel without IPv6 has no tcp6.
    return [];
  }
  const listeners: Listener[] = [];
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    if (state !== '0A' || local === undefined) continue;
    const colon = local.lastIndexOf(':');
    listeners.push({
      address: readAddress(local.slice(0, colon)),
      port: Number.parseInt(local.slice(colon + 1), 16),
      inode: fields[9] ?? '',
    });
  }
  return listeners;
}

/** The kernel prints addresses as 32-bit words in the byte order of the machine (little-endian on all that we run on). */
function readAddress(hex: string): string {
  const octets = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((octet) => Number.parseInt(octet, 16)),
  );
  if (octets.length === 4) return octets.join('.');
  if (octets.every((octet) => octet === 0)) return '::';
  if (octets.slice(0, 15).every((octet) => octet === 0) && octets[15] === 1) return '::1';
  if (octets.slice(0, 10).every((octet) => octet === 0) && octets[10] === 255)
    return octets.slice(12).join('.');
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push((((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)).toString(16));
  }
  return groups.join(':');
}

/** Whether connections to `127.0.0.1` reach a listener on this address. */
export function servesLoopback(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || address.startsWith('127.');
}

/** Whether a listener on this address can be reached from other machines. */
export function isPublicAddress(address: string): boolean {
  return !address.startsWith('127.') && address !== '::1';
}

/** Inodes of the sockets that a process holds; undefined where its descriptors may not be read. */
export function socketInodes(pid: number): Set<string> | undefined {
  const inodes = new Set<string>();
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return undefined;
  }
  for (const name of names) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed between the two looks.
    }
  }
  return inodes;
}

/** Who listens on the port, as far as this user may see; undefined when nobody does or it cannot be seen. */
export function findPortHolder(port: number): PortHolder | undefined {
  const inodes = readListeners()
    .filter((listener) => listener.port === port)
    .map(({ inode }) => inode);
  if (inodes.length === 0) return undefined;
  for (const pid of readProcessTable().keys()) {
    const held = socketInodes(pid);
    if (held === undefined || !inodes.some((inode) => held.has(inode))) continue;
    return { pid, name: readProcessEntry(pid)?.name ?? 'unknown' };
  }
  return undefined;
}

export function isPortListening(port: number): boolean {
  return readListeners().some((listener) => listener.port === port);
}
