/** What MQTT 3.1 and 3.1.1 can say. */
import { encodeAck, encodeConnack, encodeSuback } from '../../codec/mod.ts';
import { connackCode } from '../../faults/mod.ts';
import type { Dialect } from './dialect.ts';

/** The only failure that a 3.1.1 SUBACK knows [MQTT-3.9.3-2]. */
const SUBACK_FAILURE = 0x80;

export const dialect3: Dialect = {
  // Session Present came with 3.1.1; in 3.1 the byte is reserved.
  accepted: ({ sessionPresent, version }) =>
    encodeConnack(version, {
      type: 2,
      sessionPresent: sessionPresent && version !== 3,
      reasonCode: 0,
      properties: null,
    }),

  refused(fault, version) {
    const code = connackCode(fault, version);
    // [MQTT-3.2.2-4]
    return code === null
      ? null
      : encodeConnack(4, { type: 2, sessionPresent: false, reasonCode: code, properties: null });
  },

  disconnect: () => null,

  // [MQTT-3.3.5-2]: 3.x cannot refuse a publish, it is acknowledged as usual.
  publishAnswer: (type, packetIdentifier) => encodeAck(4, type, packetIdentifier, 0, null),

  suback: (packetIdentifier, reasonCodes) =>
    encodeSuback(4, {
      type: 9,
      packetIdentifier,
      reasonCodes: reasonCodes.map((code) => (code >= 0x80 ? SUBACK_FAILURE : code)),
      properties: null,
    }),

  unsuback: (packetIdentifier) => encodeSuback(4, { type: 11, packetIdentifier, reasonCodes: [], properties: null }),
};
