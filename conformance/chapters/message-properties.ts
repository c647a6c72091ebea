/** Properties of PUBLISH that travel with the message (section 3.3.2.3). */
import type { Properties } from '../../packages/codec/mod.ts';
import { lengthPrefixed, packet } from '../../testkit/packets.ts';
import { bytes } from '../bytes.ts';
import { afterSeconds, Client, persistent, textOf, unique } from '../client.ts';
import { test5 } from '../registry.ts';

/** Publishes with these properties and gives those that arrive: live, and from a retained message. */
async function passed(properties: Properties): Promise<readonly Properties[]> {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.subscribe(topic);
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, qos: 1, retain: true, properties });
  const live = await client.take();
  await client.subscribe(topic);
  const retained = await client.take();
  return [live.properties ?? {}, retained.properties ?? {}];
}

async function unaltered(properties: Properties): Promise<void> {
  for (const got of await passed(properties)) {
    if (JSON.stringify(got) !== JSON.stringify(properties)) throw new Error(JSON.stringify(got));
  }
}

/** A PUBLISH whose properties are these bytes closes the connection. */
async function refuses(properties: string, reasonCode: number): Promise<void> {
  const raw = bytes(properties);
  await using client = await Client.connect(5);
  client.sendBytes(packet(0x30, lengthPrefixed('t'), Uint8Array.of(raw.length), raw));
  await client.expectClose(reasonCode);
}

test5('[MQTT-3.3.2-4] the Payload Format Indicator is passed on', async () => {
  await unaltered({ payloadFormatIndicator: 1 });
  await unaltered({ payloadFormatIndicator: 0 });
});

test5('[MQTT-3.3.2-5] a message whose Message Expiry Interval has passed is not delivered any more', async () => {
  const clientId = unique('c');
  const topic = unique('t');
  await using first = await Client.connect(5, persistent(5, clientId));
  await first.subscribe(topic);
  await first.leave();
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, qos: 1, payload: 'short', retain: true, properties: { messageExpiryInterval: 1 } });
  await publisher.publish({ topic, qos: 1, payload: 'long', properties: { messageExpiryInterval: 60 } });
  await afterSeconds(2);
  await using second = await Client.connect(5, persistent(5, clientId));
  if (textOf(await second.take()) !== 'long') throw new Error('the message that had expired was delivered');
  await second.subscribe(topic);
  await second.barrier();
});

test5('[MQTT-3.3.2-6] the Message Expiry Interval that is passed on is what is left of it', async () => {
  const clientId = unique('c');
  const topic = unique('t');
  await using first = await Client.connect(5, persistent(5, clientId));
  await first.subscribe(topic);
  await first.leave();
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, qos: 1, properties: { messageExpiryInterval: 100 } });
  await afterSeconds(2);
  await using second = await Client.connect(5, persistent(5, clientId));
  const left = (await second.take()).properties?.messageExpiryInterval ?? 0;
  if (left < 80 || left > 98) throw new Error(`${left} s left`);
});

test5('[MQTT-3.3.2-13] a Response Topic that is no UTF-8 is refused', () => refuses('08 00 02 c3 28', 0x81));

test5('[MQTT-3.3.2-14] a Response Topic with a wildcard is refused', async () => {
  await refuses('08 00 03 61 2f 2b', 0x82);
  await refuses('08 00 01 23', 0x82);
});

test5('[MQTT-3.3.2-15] the Response Topic is passed on', () => unaltered({ responseTopic: 'answers/ü/\u{feff}' }));

test5('[MQTT-3.3.2-16] the Correlation Data are passed on', () =>
  unaltered({ correlationData: Uint8Array.of(0, 255, 1, 254) }),
);

test5('[MQTT-3.3.2-17] all User Properties are passed on', () =>
  unaltered({
    userProperties: [
      ['', ''],
      ['name', 'värde'],
    ],
  }),
);

test5('[MQTT-3.3.2-18] User Properties keep their order, equal names too', () =>
  unaltered({
    userProperties: [
      ['b', '2'],
      ['a', '1'],
      ['b', '1'],
      ['b', '2'],
    ],
  }),
);

test5('[MQTT-3.3.2-19] a Content Type that is no UTF-8 is refused', () => refuses('03 00 02 c3 28', 0x81));

test5('[MQTT-3.3.2-20] the Content Type is passed on', () => unaltered({ contentType: 'text/plain; charset=utf-8' }));
