import type { IPublishPacket } from 'mqtt';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a payload; null where it is not UTF-8. */
function textOf(payload: Uint8Array): string | null {
  try {
    return utf8.decode(payload);
  } catch {
    return null;
  }
}

/**
 * One received message as a line of JSON. `payload` is text, or base64 where it is not UTF-8: `encoding` says which.
 * `properties` is there in 5.0 when the message has some; correlation data is base64 always.
 * @param receivedAt milliseconds since 1970.
 */
export function messageToJson(message: IPublishPacket, receivedAt: number): string {
  const payload = Buffer.from(message.payload);
  const text = textOf(payload);
  const { correlationData, ...properties } = message.properties ?? {};
  const shown = {
    ...properties,
    ...(correlationData === undefined ? {} : { correlationData: correlationData.toString('base64') }),
  };
  return JSON.stringify({
    time: new Date(receivedAt).toISOString(),
    topic: message.topic,
    qos: message.qos,
    retain: message.retain,
    dup: message.dup,
    payload: text ?? payload.toString('base64'),
    encoding: text === null ? 'base64' : 'utf8',
    ...(Object.keys(shown).length === 0 ? {} : { properties: shown }),
  });
}
