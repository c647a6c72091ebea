import type { ProtocolVersion } from '../../codec/mod.ts';
import type { FaultName } from '../../faults/mod.ts';
import type { BatchNumber, ConnectionId } from '../ids.ts';
import type { OutboundAliases } from './aliases.ts';

/** The connection of a session, as the session sees it. */
export interface SessionLink {
  readonly connection: ConnectionId;
  readonly version: ProtocolVersion;
  /** How many QoS 1 and 2 messages may be unacknowledged towards the client (MQTT 5.0 section 4.9). */
  readonly receiveMaximum: number;
  /** Largest packet that the client takes, in bytes; Infinity where it named none. */
  readonly maximumPacketSize: number;
  /** Topic aliases towards the client; null where it takes none. */
  readonly aliases: OutboundAliases | null;
  /** True while so much is buffered for the client that QoS 0 is dropped and QoS 1 and 2 wait. */
  readonly congested: boolean;
  /** True once the network connection is over: what it has brought is still being handled, but nothing reaches the client. */
  readonly isGone: boolean;
  /** Sends now. The bytes may be reused by the caller afterwards. */
  write(bytes: Uint8Array): void;
  /** Like `write`, for the bytes from `start` to `end`. */
  writePart(bytes: Uint8Array, start: number, end: number): void;
  /** Sends once the batch is durable, after everything that was given to this method before. */
  writeDurable(batch: BatchNumber, bytes: Uint8Array): void;
  /** Closes the connection for the reason that the fault names; the session leaves it. */
  close(fault: FaultName, detail: string | null, now: number): void;
}
