/**
 * Socket options that Bun has no call for, by way of the C library. On a system where they are not to be had, each
 * function does nothing and says so: the edge then works as well, only a little slower or less exactly.
 */
import { ptr } from 'bun:ffi';
import { openLibc } from '../system/libc.ts';

// Numbers of Linux, the same on x86-64 and arm64.
const SOL_SOCKET = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SO_KEEPALIVE = 9;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_DEFER_ACCEPT = 9;
const TCP_INFO = 11;
const TCP_QUICKACK = 12;
/** Of the states of TCP: the peer has closed, this side has not. */
const TCP_CLOSE_WAIT = 8;
const MSG_PEEK = 0x02;
const MSG_DONTWAIT = 0x40;

/** Silence after which the kernel asks whether a peer is still there, with ten probes a second apart. */
export const tcpKeepAliveSeconds = 120;

const one = Int32Array.of(1);
/** Level, name and value. Interval and count of probes are those that `setKeepAlive` of Bun sets. */
const keepAliveOptions = [
  [SOL_SOCKET, SO_KEEPALIVE, one],
  [IPPROTO_TCP, TCP_KEEPIDLE, Int32Array.of(tcpKeepAliveSeconds)],
  [IPPROTO_TCP, TCP_KEEPINTVL, one],
  [IPPROTO_TCP, TCP_KEEPCNT, Int32Array.of(10)],
] as const;
/** Room for a ClientHello: the largest ones, with a key of a post-quantum algorithm, have about 1,800 bytes. */
const peeked = new Uint8Array(2048);
const peekedBytesMax = BigInt(peeked.length);
/** The kernel counts in repeats of its SYN-ACK, the first of which comes after a second. */
const silentSeconds = Int32Array.of(1);

const libc = openLibc({
  setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
  recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
  getpeername: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
});

/** The file descriptor of a socket or listener; Bun has it at run time but not in its types. */
function descriptorOf(socket: object): number {
  return 'fd' in socket && typeof socket.fd === 'number' ? socket.fd : -1;
}

/**
 * Acknowledges what has come so far at once. Clients that leave Nagle's algorithm on wait for this between the end of
 * their handshake and their CONNECT: 40 ms without it. Holds for a moment only, so it does nothing if set too early.
 */
export function acknowledgeNow(socket: object): void {
  const descriptor = descriptorOf(socket);
  if (libc !== null && descriptor >= 0) libc.setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, ptr(one), 4);
}

/**
 * The bytes that wait to be read, without reading them: the first 2,048 at most, valid until the next call. Empty where nothing waits
 * or it cannot be known.
 */
export function peekBytes(socket: object): Uint8Array {
  const descriptor = descriptorOf(socket);
  if (libc === null || descriptor < 0) return peeked.subarray(0, 0);
  const count = Number(libc.recv(descriptor, ptr(peeked), peekedBytesMax, MSG_PEEK | MSG_DONTWAIT));
  return peeked.subarray(0, Math.max(0, count));
}

/** The first byte of struct tcp_info is the state. */
const state = new Uint8Array(8);
const stateLength = Uint32Array.of(state.length);

/** Whether the peer has closed its side, as far as the system knows; a socket that is not read does not tell it by itself. */
export function hasPeerClosed(socket: object): boolean {
  const descriptor = descriptorOf(socket);
  if (libc === null || descriptor < 0) return false;
  stateLength[0] = state.length;
  if (libc.getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, ptr(state), ptr(stateLength)) !== 0) return false;
  return state[0] === TCP_CLOSE_WAIT;
}

/** Where a connection comes from: address as Bun writes it, port. */
export interface Peer {
  readonly address: string | undefined;
  readonly port: number;
}

/** Struct sockaddr_in6 has 28 bytes, sockaddr_in 16. */
const peerName = new Uint8Array(28);
const peerNameLength = Uint32Array.of(peerName.length);
/** ::ffff:0:0/96, behind the flow label of struct sockaddr_in6. */
const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Whom a socket is connected to. Bun asks the system once for the address and once for the port: this asks once, where the address is IPv4. */
export function peerOf(socket: {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}): Peer {
  const address = askForPeer(descriptorOf(socket));
  if (address === null) return { address: socket.remoteAddress, port: socket.remotePort ?? 0 };
  return { address, port: ((peerName[2] ?? 0) << 8) | (peerName[3] ?? 0) };
}

/** Fills `peerName`. @returns the IPv4 address in it; null where it is another one or cannot be had. */
function askForPeer(descriptor: number): string | null {
  if (libc === null || descriptor < 0) return null;
  peerNameLength[0] = peerName.length;
  if (libc.getpeername(descriptor, ptr(peerName), ptr(peerNameLength)) !== 0) return null;
  const family = (peerName[0] ?? 0) | ((peerName[1] ?? 0) << 8);
  if (family === AF_INET) return dottedAt(4);
  if (family !== AF_INET6) return null;
  return mappedPrefix.every((byte, at) => peerName[8 + at] === byte) ? dottedAt(20) : null;
}

function dottedAt(at: number): string {
  return `${peerName[at]}.${peerName[at + 1]}.${peerName[at + 2]}.${peerName[at + 3]}`;
}

/**
 * New connections of a listener are accepted when their first bytes have come, which can then be looked at before anything else is done:
 * a TLS client speaks first. One that is silent is accepted after a second.
 */
export function acceptWithBytes(listener: object): void {
  const descriptor = descriptorOf(listener);
  if (libc !== null && descriptor >= 0)
    libc.setsockopt(descriptor, IPPROTO_TCP, TCP_DEFER_ACCEPT, ptr(silentSeconds), 4);
}

/**
 * The connections of a listener come with keep-alive: on Linux they take it over from their listener, which saves four
 * calls for each.
 * @returns false where it cannot be set so; then each connection needs `setKeepAlive`.
 */
export function acceptWithKeepAlive(listener: object): boolean {
  const descriptor = descriptorOf(listener);
  if (libc === null || descriptor < 0) return false;
  for (const [level, name, value] of keepAliveOptions) {
    if (libc.setsockopt(descriptor, level, name, ptr(value), 4) !== 0) return false;
  }
  return true;
}

/**
 * Of all listeners that share the port of this one, the kernel gives new connections only to the one that
 * came `index`-th (from 0).
 * @returns false where the system cannot: then the kernel spreads connections over all of them.
 */
export function steerToListener(listener: object, index: number): boolean {
  const descriptor = descriptorOf(listener);
  if (libc === null || descriptor < 0) return false;
  // One instruction of classic BPF, `return index`: struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }.
  const filter = Uint32Array.of(0x06, index);
  // struct sock_fprog { u16 length; struct sock_filter *filter; }, the pointer aligned to 8 bytes.
  const program = BigUint64Array.of(1n, BigInt(ptr(filter)));
  return libc.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, ptr(program), 16) === 0;
}
