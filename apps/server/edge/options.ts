import type { LinkInput } from '../../../packages/engine/ports.ts';
import type { Pace } from './handshake-pace.ts';
import type { EdgeRefusal } from './refusal.ts';

/** What bounds the edge, whatever peers do. */
export interface EdgeLimits {
  /** Connections of all listeners together, those in a handshake included. One more is closed at once (`server.busy`). */
  readonly connections: number;
  /** TLS handshakes in flight for one remote address. The next ones wait for their turn. */
  readonly handshakesPerAddress: number;
  /** From the start of the handshake to its end, and on WebSocket to the end of the upgrade (`tls.timeout`, `websocket.bad-request`). */
  readonly handshakeTimeoutMs: number;
  /** How long `end` waits for the peer to take what is buffered and to close; then the connection is cut. */
  readonly lingerMs: number;
  /** Request line and headers of a WebSocket upgrade. */
  readonly upgradeBytesMax: number;
  /** Payload of one WebSocket message, all fragments together. */
  readonly webSocketMessageBytesMax: number;
  /** Unsent bytes of one connection. The engine stops sending long before; a connection above it is cut. */
  readonly bufferBytesMax: number;
  /** After a change of the certificate: how long the old listener stays, for connections that the kernel had given to it. */
  readonly listenerRetireMs: number;
}

/** The limits that are right outside of tests. `connections` follows from the file-descriptor limit of the process. */
export const defaultEdgeLimits: EdgeLimits = {
  connections: 100_000,
  handshakesPerAddress: 100,
  handshakeTimeoutMs: 30_000,
  lingerMs: 5_000,
  upgradeBytesMax: 8_192,
  // An MQTT packet has at most 268,435,460 bytes, and a message may carry several packets.
  webSocketMessageBytesMax: 512 * 1024 * 1024,
  bufferBytesMax: 64 * 1024 * 1024,
  listenerRetireMs: 5_000,
};

/** What the edge is given. */
export interface EdgeOptions {
  /** Takes what happens on the connections. */
  readonly input: LinkInput;
  /** `Edge.setLimits` changes them later. */
  readonly limits: EdgeLimits;
  /** Whether TLS clients get tickets with which they can resume their session on a later connection. */
  readonly sessionTickets: boolean;
  /**
   * How fast TLS handshakes that ask for this name (SNI, null is none) may start. Those that give the same key share the pace; null does not
   * hold them back.
   */
  handshakePace(listener: 'mqtts' | 'wss', serverName: string | null): Pace | null;
  /** Takes connections that ended before `input.opened`. */
  report(refusal: EdgeRefusal): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** Called once per loop turn: after the inputs of the turn, and before bytes are written out. */
  beforeFlush(): void;
}
