/** Strings, topic names and topic filters (sections 1.5 and 4.7). */
import { lengthPrefixed, packet, remainingLength } from '../../testkit/packets.ts';
import { bytes, handMadeConnect, noProperties, stringOf } from '../bytes.ts';
import { Client, textOf, unique } from '../client.ts';
import { type Dialect, test5, testBoth } from '../registry.ts';

/** Publishes to these topics and says which of them the filter has received. */
async function matching(dialect: Dialect, filter: string, topics: readonly string[]): Promise<string> {
  await using client = await Client.connect(dialect);
  await client.subscribe(filter);
  for (const topic of topics) client.sendPublish({ topic, payload: topic });
  client.send({ type: 12 });
  const got: string[] = [];
  for (let next = await client.next(); next.type === 3; next = await client.next()) got.push(textOf(next));
  return got.join(' ');
}

/** SUBSCRIBE and UNSUBSCRIBE with the filter close the connection. */
async function invalid(dialect: Dialect, ...filters: readonly string[]): Promise<void> {
  for (const filter of filters) {
    for (const wrong of [
      packet(0x82, bytes('00 01'), noProperties(dialect), lengthPrefixed(filter), bytes('00')),
      packet(0xa2, bytes('00 01'), noProperties(dialect), lengthPrefixed(filter)),
    ]) {
      await using client = await Client.connect(dialect);
      client.sendBytes(wrong);
      await client.expectClose(0x8f);
    }
  }
}

async function refusesTopic(dialect: Dialect, topic: string, reasonCode = 0x81): Promise<void> {
  await using client = await Client.connect(dialect);
  client.sendBytes(packet(0x30, stringOf(bytes(topic)), noProperties(dialect)));
  await client.expectClose(reasonCode);
}

testBoth('[MQTT-1.5.3-1 | MQTT-1.5.4-1] text that is not well-formed UTF-8 closes the connection', async (dialect) => {
  for (const topic of ['80', 'c3', 'e2 82', 'f0 9f 98', 'ed a0 80', 'ed bf bf', 'c1 81', 'f5 80 80 80']) {
    await refusesTopic(dialect, topic);
  }
});

testBoth('[MQTT-1.5.3-2 | MQTT-1.5.4-2] U+0000 in text closes the connection', async (dialect) => {
  await refusesTopic(dialect, '61 00 62');
  await using client = await Client.open(dialect);
  client.sendBytes(handMadeConnect(dialect, 'a\0b'));
  await client.expectRefusal({ 4: null, 5: 0x81 });
});

testBoth('[MQTT-1.5.3-3 | MQTT-1.5.4-3] U+FEFF stays where it is', async (dialect) => {
  const topic = `\u{feff}${unique('t')}\u{feff}`;
  await using client = await Client.connect(dialect);
  await client.subscribe([topic, topic.replaceAll('\u{feff}', '')]);
  client.sendPublish({ topic });
  if ((await client.receive()).topic !== topic) throw new Error('changed');
  await client.barrier();
});

test5('[MQTT-1.5.5-1] a length that is not in its shortest form closes the connection', async () => {
  // Property Length 0 in two bytes, then Remaining Length 4 in two bytes.
  for (const wrong of ['30 05 00 01 61 80 00', '30 84 00 00 01 61 00']) {
    await using client = await Client.connect(5);
    client.sendBytes(wrong);
    await client.expectClose(0x81);
  }
});

test5('[MQTT-1.5.7-1] both strings of a User Property are UTF-8', async () => {
  for (const property of ['26 00 01 ff 00 01 61', '26 00 01 61 00 01 ff', '26 00 01 61 00 01 00']) {
    const raw = bytes(property);
    await using client = await Client.connect(5);
    client.sendBytes(packet(0x30, lengthPrefixed('t'), Uint8Array.of(raw.length), raw));
    await client.expectClose(0x81);
  }
});

testBoth('[MQTT-4.7.1-1 | MQTT-4.7.0-1] wildcards are for filters, not for names', async (dialect) => {
  const root = unique('t');
  if ((await matching(dialect, `${root}/+`, [`${root}/a`])) !== `${root}/a`) throw new Error('no match');
  await refusesTopic(dialect, '61 2f 2b', 0x90);
  await refusesTopic(dialect, '61 2f 23', 0x90);
});

testBoth('[MQTT-4.7.1-2 | MQTT-4.7.1-1] # is the last level of a filter and a whole one', async (dialect) => {
  const root = unique('t');
  const topics = [root, `${root}/`, `${root}/a`, `${root}/a/b`, `${root}a`];
  const got = await matching(dialect, `${root}/#`, topics);
  if (got !== topics.slice(0, 4).join(' ')) throw new Error(got);
  await invalid(dialect, 'a#', 'a/#/b', '#/', 'a/#b');
});

testBoth('[MQTT-4.7.1-3 | MQTT-4.7.1-2] + is a whole level of a filter, any of them', async (dialect) => {
  const root = unique('t');
  const topics = [`a/${root}/`, `a/${root}/b`, `/${root}/c`, `a/b/${root}`, `a/${root}`, `a/${root}/b/c`];
  const got = await matching(dialect, `+/${root}/+`, topics);
  if (got !== topics.slice(0, 3).join(' ')) throw new Error(got);
  await invalid(dialect, 'a+', '+a', 'a/b+/c', '++');
});

testBoth('[MQTT-4.7.2-1] a filter that begins with a wildcard does not match names with $', async (dialect) => {
  const name = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe([`+/${name}`, `+/${name}/#`, `$own/${name}`]);
  await using watcher = await Client.connect(dialect);
  await watcher.subscribe({ topicFilter: '#', qos: 0 });
  client.sendPublish({ topic: `$own/${name}/below` });
  client.sendPublish({ topic: `$own/${name}` });
  if ((await client.receive()).topic !== `$own/${name}`) throw new Error('not its own name');
  await client.barrier();
  // Whatever else is going on: nothing with a $ comes by `#`.
  client.sendPublish({ topic: name });
  for (let next = await watcher.receive(); next.topic !== name; next = await watcher.receive()) {
    if (next.topic.startsWith('$')) throw new Error(next.topic);
  }
});

testBoth('[MQTT-4.7.3-1] an empty name or filter closes the connection', async (dialect) => {
  await refusesTopic(dialect, '', 0x82);
  await invalid(dialect, '');
});

testBoth('[MQTT-4.7.3-2] U+0000 in a name or a filter closes the connection', async (dialect) => {
  await refusesTopic(dialect, '00');
  await using client = await Client.connect(dialect);
  client.sendBytes(packet(0x82, bytes('00 01'), noProperties(dialect), stringOf(bytes('61 00')), bytes('00')));
  await client.expectClose(0x81);
});

testBoth('[MQTT-4.7.3-3] a name has a length of two bytes; one beyond the limit is refused', async (dialect) => {
  const topic = 'x'.repeat(65_535);
  await using client = await Client.connect(dialect);
  await client.subscribe(unique('t'));
  const answer = await client.publish({ topic, qos: 1 });
  if (answer?.reasonCode !== (dialect === 5 ? 0x90 : 0)) throw new Error(JSON.stringify(answer));
  // A length beyond the packet.
  const body = bytes('ff ff 61');
  client.sendBytes(Buffer.concat([bytes('30'), remainingLength(body.length), body]));
  await client.expectClose(0x81);
});

testBoth('[MQTT-4.7.3-4] names and filters are compared as they are', async (dialect) => {
  const root = unique('t');
  const composed = `${root}/\u{e9}`;
  const decomposed = `${root}/e\u{301}`;
  const topics = [decomposed, composed.toUpperCase(), `${root}//\u{e9}`, `/${composed}`, `${composed}/`, composed];
  const got = await matching(dialect, composed, topics);
  if (got !== composed) throw new Error(got);
});
