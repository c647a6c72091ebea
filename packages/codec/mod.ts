/** Bytes <-> packets for MQTT 3.1, 3.1.1 and 5.0. */
export * from './types.ts';
export { decodeAck, encodeAck } from './acks.ts';
export { encodeConnack } from './connack.ts';
export { decodeConnect } from './connect.ts';
export { decode } from './decode.ts';
export { encodeDisconnect } from './disconnect.ts';
export { encode } from './encode.ts';
export { DecodeError, UnsupportedVersionError } from './errors.ts';
export { Framer } from './framer.ts';
export {
  decodePublish,
  decodePublishHead,
  emptyPublish,
  encodedPublishSize,
  encodePublish,
  publishPacketIdentifierOffset,
  writePublish,
} from './publish.ts';
export { encodeSuback } from './suback.ts';
export { packetSize } from './writer.ts';
export { decodeUtf8, utf8Length, writeUtf8 } from './utf8.ts';
