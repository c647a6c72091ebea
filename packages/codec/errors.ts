import { ReasonCode } from './types.ts';

/**
 * What the bytes of a peer did wrong. The message is for logs: it never contains payload, names or passwords of the peer.
 */
export class DecodeError extends Error {
  override readonly name: string = 'DecodeError';
  /** Reason code of MQTT 5.0 to answer with (section 4.13); a 3.x connection is just closed. */
  readonly reasonCode: number;
  /** The statement of the standard that was broken, for example `MQTT-3.1.2-3` (numbers of 5.0); null where none has a number. */
  readonly statement: string | null;
  constructor(reasonCode: number, message: string, statement: string | null = null) {
    super(message);
    this.reasonCode = reasonCode;
    this.statement = statement;
  }
}

/** A CONNECT of a protocol name and level that are none of the three. */
export class UnsupportedVersionError extends DecodeError {
  /** Protocol level as it stood on the wire: 5 and higher understand a CONNACK of 5.0, lower ones that of 3.x. */
  readonly level: number;

  constructor(level: number, message: string, statement: string) {
    super(ReasonCode.unsupportedProtocolVersion, message, statement);
    this.level = level;
  }
}

/** A packet that cannot be parsed (MQTT 5.0 section 1.2, "Malformed Packet"). */
export function malformed(message: string, statement: string | null = null): DecodeError {
  return new DecodeError(ReasonCode.malformedPacket, message, statement);
}

/** A packet that parses, but holds what the protocol does not allow (MQTT 5.0 section 1.2, "Protocol Error"). */
export function protocolError(message: string, statement: string | null = null): DecodeError {
  return new DecodeError(ReasonCode.protocolError, message, statement);
}

/** A packet whose fields run past its Remaining Length. */
export function truncated(): DecodeError {
  return malformed('packet ends inside a field');
}
