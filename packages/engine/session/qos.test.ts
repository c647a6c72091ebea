import { describe, expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench } from '../../../testkit/engine-bench.ts';
import { PacketType, type PublishPacket } from '../../codec/mod.ts';

const persistent = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 1000 } as const;
const versions = [3, 4, 5] as const;

describe('from a client', () => {
  test.each(versions)('version %p: QoS 0, 1 and 2 are answered and delivered once', (version) => {
    const bench = new EngineBench();
    const receiver = bench.subscriber('t', { clientId: 'receiver' }, { qos: 2 });
    const client = bench.connect({ version });
    client.publish('t', 'zero');
    client.publish('t', 'one', { qos: 1, packetIdentifier: 10 });
    client.publish('t', 'two', { qos: 2, packetIdentifier: 11 });
    expect(client.names()).toEqual(['PUBACK 10', 'PUBREC 11']);
    client.pubrel(11);
    expect(client.names()).toEqual(['PUBCOMP 11']);
    expect(receiver.messages()).toMatchObject([
      { payload: 'zero', qos: 0 },
      { payload: 'one', qos: 1 },
      { payload: 'two', qos: 2 },
    ]);
  });

  test('a duplicate QoS 2 PUBLISH is answered and not delivered [MQTT-4.3.3-10], on a new connection too', () => {
    const bench = new EngineBench();
    const receiver = bench.subscriber('t', { clientId: 'receiver' }, { qos: 2 });
    const client = bench.connect(persistent);
    client.publish('t', 'x', { qos: 2, packetIdentifier: 5 });
    client.publish('t', 'x', { qos: 2, packetIdentifier: 5, dup: true });
    expect(client.names()).toEqual(['PUBREC 5', 'PUBREC 5']);
    client.lose();
    const back = bench.connect(persistent);
    back.publish('t', 'x', { qos: 2, packetIdentifier: 5, dup: true });
    back.pubrel(5);
    back.pubrel(5);
    expect(back.names()).toEqual(['PUBREC 5', 'PUBCOMP 5', 'PUBCOMP 5 0x92']);
    // The identifier is free again: this is another message [MQTT-4.3.3-11].
    back.publish('t', 'y', { qos: 2, packetIdentifier: 5 });
    expect(receiver.payloads()).toEqual(['x', 'y']);
  });

  test('a duplicate right behind the original, for its own subscription too', () => {
    const bench = new EngineBench({ durable: true, autoFlush: false });
    const client = bench.subscriber('t', { ...persistent }, { qos: 2 });
    bench.flush();
    client.take();
    client.publish('t', 'x', { qos: 2, packetIdentifier: 5 });
    client.publish('t', 'x', { qos: 2, packetIdentifier: 5, dup: true });
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBREC 5', 'PUBLISH 1 x', 'PUBREC 5']);
  });

  test('no matching subscriber is said in PUBACK to 5.0', () => {
    const bench = new EngineBench();
    const client = bench.connect();
    client.publish('t', 'x', { qos: 1 });
    expect(client.names()).toEqual(['PUBACK 1 0x10']);
  });

  test('a denied publish: 5.0 hears it, 3.x is answered as usual, nothing is delivered, one event each', () => {
    const bench = new EngineBench();
    const receiver = bench.subscriber('#', { clientId: 'receiver' }, { qos: 2 });
    bench.policy.rules = () => ({
      publish: () => ({ allowed: false, rule: 'no' }),
      subscribe: () => ({ allowed: true, rule: null }),
      deliveryFilter: () => null,
    });
    const five = bench.connect({ clientId: 'five' });
    five.publish('t', 'x', { qos: 1 });
    five.publish('t', 'x', { qos: 2, packetIdentifier: 2 });
    five.publish('t', 'x');
    expect(five.names()).toEqual(['PUBACK 1 0x87', 'PUBREC 2 0x87']);
    const four = bench.connect({ clientId: 'four', version: 4 });
    four.publish('t', 'x', { qos: 1 });
    four.publish('t', 'x', { qos: 2, packetIdentifier: 2 });
    four.publish('t', 'x', { qos: 2, packetIdentifier: 2, dup: true });
    four.pubrel(2);
    expect(four.names()).toEqual(['PUBACK 1', 'PUBREC 2', 'PUBREC 2', 'PUBCOMP 2']);
    expect(receiver.messages()).toEqual([]);
    const events = bench.events('publish.refused');
    expect(events.map(({ clientId, fault, detail }) => `${clientId} ${fault} ${detail}`)).toEqual([
      'five access.publish-denied t (no)',
      'five access.publish-denied t (no)',
      'five access.publish-denied t (no)',
      'four access.publish-denied t (no)',
      'four access.publish-denied t (no)',
    ]);
    expect(bench.counters().publishesDenied).toBe(5);
  });

  test('reason strings are left out where the client asked for none [MQTT-3.1.2-29]', () => {
    for (const requestProblemInformation of [0, 1] as const) {
      const bench = new EngineBench({ limits: { topicLevels: 2 } });
      const client = bench.connect({ properties: { requestProblemInformation } });
      client.publish('a/b/c', 'x', { qos: 1 });
      client.subscribe('a/b/c');
      for (const packet of client.take()) {
        const { reasonString } = ('properties' in packet ? packet.properties : null) ?? {};
        expect(reasonString?.startsWith('error -11')).toBe(requestProblemInformation === 1 ? true : undefined);
      }
      client.send({ type: PacketType.AUTH, reasonCode: 0, properties: { authenticationMethod: 'x' } });
      // DISCONNECT may say it all the same.
      expect(client.take()[0]).toMatchObject({ properties: { reasonString: expect.stringContaining('-9') } });
    }
  });

  test('Receive Maximum: 5.0 may have so many QoS 2 messages unreleased, not one more [MQTT-3.3.4-9]', () => {
    const bench = new EngineBench({ limits: { inFlightIn: 3 } });
    const client = bench.connect();
    bench.events();
    for (const packetIdentifier of [1, 2, 3]) client.publish('t', 'x', { qos: 2, packetIdentifier });
    client.publish('t', 'x', { qos: 2, packetIdentifier: 3, dup: true });
    client.pubrel(1);
    client.publish('t', 'x', { qos: 2, packetIdentifier: 4 });
    expect(client.names()).toEqual(['PUBREC 1', 'PUBREC 2', 'PUBREC 3', 'PUBREC 3', 'PUBCOMP 1', 'PUBREC 4']);
    client.publish('t', 'x', { qos: 1, packetIdentifier: 5 });
    expect(client.names()).toEqual(['DISCONNECT 0x93']);
    expect(bench.faults()).toEqual(['connection.closed limit.receive-maximum']);
  });

  test('Receive Maximum: QoS 1 counts while PUBACK waits for the journal', () => {
    const bench = new EngineBench({ durable: true, autoFlush: false, limits: { inFlightIn: 3 } });
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    const client = bench.connect({ clientId: 'b' });
    client.subscribe('own');
    bench.flush();
    client.take();
    for (let round = 0; round < 5; round++) {
      for (const packetIdentifier of [1, 2, 3]) client.publish('t', 'x', { qos: 1, packetIdentifier });
      // Deliveries that wait in the same line are no acknowledgements.
      client.publish('own', 'mine');
      expect(client.names()).toEqual(['PUBLISH mine']);
      bench.flush();
      expect(client.names()).toEqual(['PUBACK 1', 'PUBACK 2', 'PUBACK 3']);
    }
    for (const packetIdentifier of [1, 2, 3, 4]) client.publish('t', 'x', { qos: 1, packetIdentifier });
    expect(client.names()).toEqual(['DISCONNECT 0x93']);
  });

  test('Receive Maximum begins anew with each connection (section 4.9)', () => {
    const bench = new EngineBench({ limits: { inFlightIn: 3 } });
    const client = bench.connect(persistent);
    for (const packetIdentifier of [1, 2, 3]) client.publish('t', 'x', { qos: 2, packetIdentifier });
    client.lose();
    const back = bench.connect(persistent);
    for (const packetIdentifier of [4, 5, 6]) back.publish('t', 'x', { qos: 2, packetIdentifier });
    for (const packetIdentifier of [1, 2, 3]) back.pubrel(packetIdentifier);
    expect(back.names()).toEqual(['PUBREC 4', 'PUBREC 5', 'PUBREC 6', 'PUBCOMP 1', 'PUBCOMP 2', 'PUBCOMP 3']);
  });

  test('3.1.1 knows no Receive Maximum', () => {
    const bench = new EngineBench({ limits: { inFlightIn: 3 } });
    const client = bench.connect({ version: 4 });
    for (let id = 1; id <= 100; id++) client.publish('t', 'x', { qos: 2, packetIdentifier: id });
    expect(client.take().length).toBe(100);
  });
});

describe('to a client', () => {
  test.each(versions)('version %p: QoS 2 goes through PUBREC, PUBREL, PUBCOMP', (version) => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', { version }, { qos: 2 });
    bench.connect({ clientId: 'b' }).publish('t', 'x', { qos: 2 });
    expect(client.names()).toEqual(['PUBLISH 1 x']);
    client.pubrec(1);
    client.pubrec(1);
    expect(client.names()).toEqual(['PUBREL 1', 'PUBREL 1']);
    client.pubcomp(1);
    client.pubcomp(1);
    expect(client.names()).toEqual([]);
    expect(client.ended).toBeNull();
  });

  test('QoS is the lower of the message and the subscription [MQTT-3.8.4-8]', () => {
    const bench = new EngineBench();
    const publisher = bench.connect({ clientId: 'p' });
    for (const granted of [0, 1, 2] as const) {
      const client = bench.subscriber('t', { clientId: `s${granted}` }, { qos: granted });
      for (const qos of [0, 1, 2] as const) publisher.publish('t', `${qos}`, { qos, packetIdentifier: 9 });
      publisher.pubrel(9);
      expect(client.messages().map((message) => message.qos)).toEqual([
        0,
        Math.min(1, granted) as 0 | 1,
        Math.min(2, granted) as 0 | 1 | 2,
      ]);
      client.disconnect();
    }
  });

  test('a PUBREC that refuses ends the exchange and frees the place [MQTT-4.3.3-9]', () => {
    const bench = new EngineBench({ durable: true });
    const client = bench.connect({ ...persistent, properties: { receiveMaximum: 1 } });
    client.subscribe('t', { qos: 2 });
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'one', { qos: 2 });
    publisher.publish('t', 'two', { qos: 2, packetIdentifier: 2 });
    client.take();
    client.pubrec(1, 0x97);
    expect(client.names()).toEqual(['PUBLISH 2 two']);
    client.pubrec(2, 0x80);
    expect(bench.journal.records(DEPLOYMENT).map(({ key }) => key[0])).toEqual(['s', 'f']);
  });

  test('an acknowledgement of the wrong kind is a Protocol Error', () => {
    for (const [qos, answer] of [
      [2, 'puback'],
      [1, 'pubrec'],
      [2, 'pubcomp'],
    ] as const) {
      const bench = new EngineBench();
      const client = bench.subscriber('t', {}, { qos });
      bench.connect({ clientId: 'b' }).publish('t', 'x', { qos });
      client.take();
      client[answer](1);
      expect(client.names()).toEqual(['DISCONNECT 0x82']);
    }
  });

  test('the client’s Receive Maximum holds, exactly; the queue follows in order', () => {
    const bench = new EngineBench();
    const client = bench.connect({ properties: { receiveMaximum: 2 } });
    client.subscribe('t', { qos: 2 });
    client.take();
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    for (let id = 1; id <= 6; id++)
      publisher.publish('t', `${id}`, { qos: id % 2 === 0 ? 2 : 1, packetIdentifier: id });
    expect(client.names()).toEqual(['PUBLISH 1 1', 'PUBLISH 2 2']);
    client.puback(1);
    expect(client.names()).toEqual(['PUBLISH 3 3']);
    client.pubrec(2);
    expect(client.names()).toEqual(['PUBREL 2']);
    client.pubcomp(2);
    expect(client.names()).toEqual(['PUBLISH 4 4']);
    // QoS 0 is not flow controlled.
    publisher.publish('t', 'zero');
    expect(client.names()).toEqual(['PUBLISH zero']);
  });

  test('inFlightOut bounds what is in flight where the client allows more', () => {
    const bench = new EngineBench({ limits: { inFlightOut: 2 } });
    const client = bench.subscriber('t', { version: 4 }, { qos: 1 });
    const publisher = bench.connect({ clientId: 'b' });
    for (let id = 1; id <= 5; id++) publisher.publish('t', `${id}`, { qos: 1, packetIdentifier: id });
    expect(client.payloads()).toEqual(['1', '2']);
  });

  test('after a reconnect: DUP, the original identifiers, the original order [MQTT-4.4.0-1]', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', persistent, { qos: 2 });
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    for (let id = 1; id <= 6; id++)
      publisher.publish('t', `${id}`, { qos: id % 2 === 0 ? 2 : 1, packetIdentifier: id });
    client.puback(3);
    client.pubrec(4);
    client.lose();
    publisher.publish('t', 'late', { qos: 1, packetIdentifier: 7 });
    const back = bench.connecting(persistent);
    const packets = back.take().slice(1);
    expect(packets.filter(({ type }) => type === PacketType.PUBREL)).toMatchObject([{ packetIdentifier: 4 }]);
    const publishes = packets.filter((packet): packet is PublishPacket => packet.type === PacketType.PUBLISH);
    expect(publishes.map(({ packetIdentifier, dup }) => [packetIdentifier, dup])).toEqual([
      [1, true],
      [2, true],
      [5, true],
      [6, true],
      [7, false],
    ]);
  });

  test('what is sent again keeps within the Receive Maximum of the new connection [MQTT-3.3.4-9]', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', persistent, { qos: 1 });
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    for (let id = 1; id <= 4; id++) publisher.publish('t', `${id}`, { qos: 1, packetIdentifier: id });
    expect(client.messages().length).toBe(4);
    client.lose();
    const back = bench.connecting({ ...persistent, properties: { receiveMaximum: 2 } });
    publisher.publish('t', '5', { qos: 1, packetIdentifier: 5 });
    expect(back.names()).toEqual(['CONNACK', 'PUBLISH 1 1', 'PUBLISH 2 2']);
    back.puback(1);
    expect(back.messages()).toMatchObject([{ payload: '3', dup: true, packetIdentifier: 3 }]);
    back.puback(2);
    back.puback(3);
    expect(back.messages()).toMatchObject([
      { payload: '4', dup: true },
      { payload: '5', dup: false, packetIdentifier: 5 },
    ]);
  });

  test('bytes in flight are bounded as those of the queue are, but for what is sent again', () => {
    const bench = new EngineBench({ limits: { queuedBytes: 1024 } });
    const client = bench.subscriber('t', persistent, { qos: 1 });
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    publisher.publish('t', 'x'.repeat(3000), { qos: 1, packetIdentifier: 1 });
    publisher.publish('t', 'small', { qos: 1, packetIdentifier: 2 });
    expect(client.messages().length).toBe(1);
    client.lose();
    const back = bench.connecting(persistent);
    expect(back.messages()).toMatchObject([{ dup: true, packetIdentifier: 1 }]);
    back.puback(1);
    expect(back.messages()).toMatchObject([{ dup: false, payload: 'small' }]);
  });

  test('identifiers go up by one, wrap, and leave out those in use [MQTT-2.2.1-4]', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', { version: 4 }, { qos: 1 });
    const publisher = bench.connect({ clientId: 'b' });
    const seen: number[] = [];
    for (let count = 0; count < 65_540; count++) {
      publisher.publish('t', 'x', { qos: 1 });
      publisher.take();
      for (const { packetIdentifier } of client.messages()) {
        seen.push(packetIdentifier);
        if (packetIdentifier !== 3) client.puback(packetIdentifier);
      }
    }
    expect(seen.slice(0, 4)).toEqual([1, 2, 3, 4]);
    expect(seen.slice(65_533)).toEqual([65_534, 65_535, 1, 2, 4, 5, 6]);
  });

  test('messages of one topic and QoS keep their order, also behind an answer that waits [MQTT-4.6.0-5]', () => {
    const bench = new EngineBench({ durable: true, autoFlush: false });
    const client = bench.subscriber('t', { ...persistent }, { qos: 0 });
    bench.flush();
    bench.subscriber('t', { clientId: 'other', sessionExpiryInterval: 100 }, { qos: 1 });
    bench.flush();
    client.take();
    client.publish('t', '1', { qos: 1, packetIdentifier: 1 });
    client.publish('t', '2');
    bench.connect({ clientId: 'p' }).publish('t', '3');
    client.publish('t', '4', { qos: 1, packetIdentifier: 2 });
    bench.flush();
    expect(client.names()).toEqual(['PUBACK 1', 'PUBLISH 1', 'PUBLISH 2', 'PUBLISH 3', 'PUBACK 2', 'PUBLISH 4']);
  });

  test('PUBREL leaves in the order of PUBREC, acknowledgements in the order of PUBLISH [MQTT-4.6.0-2..4]', () => {
    const bench = new EngineBench({ durable: true, autoFlush: false });
    const client = bench.subscriber('t', persistent, { qos: 2 });
    bench.flush();
    const publisher = bench.connect({ clientId: 'b' });
    for (const id of [1, 2, 3]) publisher.publish('t', `${id}`, { qos: 2, packetIdentifier: id });
    // Acknowledged by nobody durable, but behind those that wait.
    publisher.publish('nowhere', 'x', { qos: 1, packetIdentifier: 4 });
    bench.flush();
    client.take();
    for (const id of [2, 3, 1]) client.pubrec(id);
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBREL 2', 'PUBREL 3', 'PUBREL 1']);
    expect(publisher.names()).toEqual(['PUBREC 1', 'PUBREC 2', 'PUBREC 3', 'PUBACK 4 0x10']);
  });
});
