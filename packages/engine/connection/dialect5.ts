/** What MQTT 5.0 can say. */
import { encodeAck, encodeConnack, encodeDisconnect, encodeSuback, type Properties } from '../../codec/mod.ts';
import { connackCode, disconnectCode, reasonStringOf } from '../../faults/mod.ts';
import type { Dialect, Manners } from './dialect.ts';

const RECEIVE_MAXIMUM_DEFAULT = 65_535;

/**
 * A Reason String is left out where the packet would be too large with it [MQTT-3.2.2-19] [MQTT-3.14.2-3], and, but
 * for CONNACK and DISCONNECT, where the client asked for none [MQTT-3.1.2-29].
 */
function withReason(
  reason: string | null,
  manners: Manners,
  encode: (properties: Properties | null) => Uint8Array,
): Uint8Array {
  if (reason === null) return encode(null);
  const bytes = encode({ reasonString: reason });
  return bytes.byteLength <= manners.maximumPacketSize ? bytes : encode(null);
}

function fitting(bytes: Uint8Array, manners: Manners): Uint8Array | null {
  return bytes.byteLength <= manners.maximumPacketSize ? bytes : null;
}

export const dialect5: Dialect = {
  accepted(acceptance, manners) {
    const properties: Properties = {};
    if (acceptance.sessionExpiryInterval !== null) properties.sessionExpiryInterval = acceptance.sessionExpiryInterval;
    if (acceptance.assignedClientIdentifier !== null)
      properties.assignedClientIdentifier = acceptance.assignedClientIdentifier;
    if (acceptance.serverKeepAlive !== null) properties.serverKeepAlive = acceptance.serverKeepAlive;
    if (acceptance.receiveMaximum < RECEIVE_MAXIMUM_DEFAULT) properties.receiveMaximum = acceptance.receiveMaximum;
    if (acceptance.topicAliasMaximum > 0) properties.topicAliasMaximum = acceptance.topicAliasMaximum;
    properties.maximumPacketSize = acceptance.maximumPacketSize;
    return fitting(
      encodeConnack(5, { type: 2, sessionPresent: acceptance.sessionPresent, reasonCode: 0, properties }),
      manners,
    );
  },

  refused(fault, version, manners) {
    const reasonCode = connackCode(fault, version);
    if (reasonCode === null) return null;
    // [MQTT-3.2.2-6]; and a client that takes not even the shortest CONNACK gets none [MQTT-3.1.2-24].
    return fitting(
      withReason(reasonStringOf(fault), manners, (properties) =>
        encodeConnack(5, { type: 2, sessionPresent: false, reasonCode, properties }),
      ),
      manners,
    );
  },

  disconnect(fault, reasonCode, detail, manners) {
    const code = reasonCode ?? disconnectCode(fault);
    if (code === null) return null;
    const reason = reasonStringOf(fault);
    return fitting(
      withReason(reason === null || detail === null ? reason : `${reason} (${detail})`, manners, (properties) =>
        encodeDisconnect(5, code, properties),
      ),
      manners,
    );
  },

  publishAnswer: (type, packetIdentifier, reasonCode, reason, manners) =>
    withReason(manners.problemInformation ? reason : null, manners, (properties) =>
      encodeAck(5, type, packetIdentifier, reasonCode, properties),
    ),

  suback: (packetIdentifier, reasonCodes, reason, manners) =>
    withReason(manners.problemInformation ? reason : null, manners, (properties) =>
      encodeSuback(5, { type: 9, packetIdentifier, reasonCodes, properties }),
    ),

  unsuback: (packetIdentifier, reasonCodes) =>
    encodeSuback(5, { type: 11, packetIdentifier, reasonCodes, properties: null }),
};
