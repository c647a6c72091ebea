import { ptr } from 'bun:ffi';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { openLibc } from '../system/libc.ts';

/** The number that the kernel knows a loopback connection of ours by; `from` and `to` are its ports, as our side of it has them. */
function inodeOf(from: number, to: number): string {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (local?.endsWith(hex(from)) === true && remote?.endsWith(hex(to)) === true) return inode ?? '';
  }
  throw new Error(`no connection from port ${from} to port ${to}`);
}

/** The file descriptor of this process for the IPv4 connection between two ports. Only on Linux. */
export function descriptorBetween(from: number, to: number): number {
  const wanted = `socket:[${inodeOf(from, to)}]`;
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${name}`) === wanted) return Number(name);
    } catch {
      // The descriptor that the list was read with is gone again.
    }
  }
  throw new Error(`no descriptor for ${wanted}`);
}

/** What the kernel has for an option that is a number (getsockopt(2)). Only on Linux. */
export function socketOption(descriptor: number, level: number, name: number): number {
  const libc = openLibc({ getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' } });
  const value = new Int32Array(1);
  const length = Uint32Array.of(4);
  if (libc?.getsockopt(descriptor, level, name, ptr(value), ptr(length)) !== 0) throw new Error('no such option');
  return value[0] ?? 0;
}
