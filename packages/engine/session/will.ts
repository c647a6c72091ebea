import type { WillFields } from '../../codec/mod.ts';
import { forwardedProperties, keep, propertyBytes, type Message } from '../message.ts';

/** A Will Message with its delay (MQTT 5.0 section 3.1.2.5). */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly fields: Pick<WillFields, 'qos' | 'retain' | 'properties'>;
  readonly delaySeconds: number;
}

/** Copies the will out of a decoded CONNECT. */
export function willOf(fields: WillFields): Will {
  const correlationData = fields.properties?.correlationData;
  const properties =
    correlationData === undefined
      ? fields.properties
      : { ...fields.properties, correlationData: correlationData.slice() };
  return {
    topic: fields.topic,
    payload: fields.payload.slice(),
    fields: { qos: fields.qos, retain: fields.retain, properties },
    delaySeconds: fields.properties?.willDelayInterval ?? 0,
  };
}

/** The message that the will publishes; its expiry runs from the moment of publication. */
export function willMessage(will: Will, now: number): Message {
  const expiry = will.fields.properties?.messageExpiryInterval;
  const properties = forwardedProperties(will.fields.properties);
  return keep({
    topic: will.topic,
    payload: will.payload,
    payloadBytes: will.payload.byteLength,
    qos: will.fields.qos,
    retain: will.fields.retain,
    properties,
    propertyBytes: propertyBytes(properties),
    expiresAt: expiry === undefined ? Infinity : now + expiry * 1000,
    kept: true,
    // The payload is that of the will.
    holders: Infinity,
    content: null,
    retainedFrom: null,
    packet: null,
    encoded: null,
  });
}
