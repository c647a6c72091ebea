import { malformed } from './errors.ts';
import type { ProtocolVersion } from './types.ts';

/**
 * Checks the reserved flags of a fixed header (MQTT 5.0 section 2.1.3). MQTT 3.1 has DUP and QoS there and says of the unused ones
 * only that they are not used, so it is not held to values.
 *
 * @throws DecodeError 0x81
 */
export function checkFlags(version: ProtocolVersion, header: number, expected: 0 | 2): void {
  if (version !== 3 && (header & 0x0f) !== expected)
    throw malformed('reserved flags of the fixed header', 'MQTT-2.1.3-1'); // [MQTT-2.1.3-1]
}
