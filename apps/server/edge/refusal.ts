import type { FaultName } from '../../../packages/faults/mod.ts';
import type { ListenerKind } from '../../../packages/engine/ports.ts';

/** A connection that ended before the core knew of it: in the TLS handshake or in the WebSocket upgrade. */
export interface EdgeRefusal {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly listener: ListenerKind;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** SNI, lower case; null where none was sent, or none was read yet. */
  readonly serverName: string | null;
  /** Host header, lower case, without the port; null where none was read. */
  readonly host: string | null;
  /** Null where the handshake did not come so far. */
  readonly tlsVersion: string | null;
  readonly fault: FaultName;
  /** What was seen exactly. Never bytes of the peer, never a secret. */
  readonly detail: string;
}
