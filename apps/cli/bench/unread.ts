import { ptr } from 'bun:ffi';
import { openLibc } from '../../server/system/libc.ts';

// Numbers of Linux, the same on x86-64 and arm64.
const MSG_PEEK = 0x02;
const MSG_DONTWAIT = 0x40;

const libc = openLibc({ recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' } });
const room = new Uint8Array(1);
const roomPointer = ptr(room);

/**
 * Whether bytes have come on a socket that nobody has read yet; null where that cannot be known without waiting for the loop. This is what a client
 * learns that reads until its socket is empty.
 */
export function hasUnread(socket: object): boolean | null {
  // Bun has it at run time but not in its types.
  const descriptor = 'fd' in socket && typeof socket.fd === 'number' ? socket.fd : -1;
  if (libc === null || descriptor < 0) return null;
  return Number(libc.recv(descriptor, roomPointer, 1n, MSG_PEEK | MSG_DONTWAIT)) > 0;
}
