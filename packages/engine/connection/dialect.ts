import type { ProtocolVersion } from '../../codec/mod.ts';
import type { FaultName } from '../../faults/mod.ts';
import { dialect3 } from './dialect3.ts';
import { dialect5 } from './dialect5.ts';

/** What an accepted CONNECT is told (MQTT 5.0 section 3.2). 3.x hears of Session Present only. */
export interface Acceptance {
  readonly version: ProtocolVersion;
  readonly sessionPresent: boolean;
  /** Seconds; null where the client's own value stands. */
  readonly sessionExpiryInterval: number | null;
  readonly assignedClientIdentifier: string | null;
  readonly serverKeepAlive: number | null;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
}

/** What the client lets the server say (5.0). */
export interface Manners {
  /** False after Request Problem Information 0: Reason Strings are for CONNACK and DISCONNECT only [MQTT-3.1.2-29]. */
  readonly problemInformation: boolean;
  /** Bytes; Infinity where the client named none. */
  readonly maximumPacketSize: number;
}

/** How one family of protocol versions says things. Null: it has no word for it, and the connection just closes. */
export interface Dialect {
  accepted(acceptance: Acceptance, manners: Manners): Uint8Array | null;
  refused(fault: FaultName, version: ProtocolVersion, manners: Manners): Uint8Array | null;
  disconnect(fault: FaultName, reasonCode: number | null, detail: string | null, manners: Manners): Uint8Array | null;
  /** PUBACK or PUBREC. */
  publishAnswer(
    type: 4 | 5,
    packetIdentifier: number,
    reasonCode: number,
    reason: string | null,
    manners: Manners,
  ): Uint8Array;
  suback(packetIdentifier: number, reasonCodes: number[], reason: string | null, manners: Manners): Uint8Array;
  unsuback(packetIdentifier: number, reasonCodes: number[]): Uint8Array;
}

export function dialectOf(version: ProtocolVersion): Dialect {
  return version === 5 ? dialect5 : dialect3;
}

export const DEFAULT_MANNERS: Manners = { problemInformation: true, maximumPacketSize: Infinity };
