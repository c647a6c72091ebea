import { describe, expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench, FAREWELL_MS } from '../../../testkit/engine-bench.ts';
import { connectPacketOf, publishOf } from '../../../testkit/engine-client.ts';
import { encode, PacketType, type ConnackPacket } from '../../codec/mod.ts';
import type { DeploymentId } from '../ids.ts';

const versions = [3, 4, 5] as const;

function connackOf(client: { take(): unknown[] }): ConnackPacket {
  return client.take()[0] as ConnackPacket;
}

describe('CONNECT', () => {
  test.each(versions)('version %p is accepted, a byte at a time', (version) => {
    const bench = new EngineBench();
    const client = bench.open();
    client.version = version;
    const bytes = encode(version, connectPacketOf({ version }));
    for (const byte of bytes.subarray(0, -1)) client.bytes(Uint8Array.of(byte));
    expect(client.take()).toEqual([]);
    client.bytes(bytes.subarray(-1));
    expect(client.names()).toEqual(['CONNACK']);
    expect(bench.events().map((event) => event.kind)).toEqual(['session.created', 'connection.accepted']);
  });

  test('5.0 is told the limits that it has to keep', () => {
    const bench = new EngineBench();
    const client = bench.connecting({ version: 5 });
    expect(connackOf(client).properties).toMatchObject({
      receiveMaximum: 64,
      topicAliasMaximum: 32,
      maximumPacketSize: 1_048_576,
    });
  });

  test('what is asked of the policy has a copy of the password', () => {
    const bench = new EngineBench();
    bench.policy.verdict = 'later';
    bench.connecting({ clientId: 'meter', username: 'anna' });
    const [request] = bench.policy.requests;
    expect(request).toMatchObject({ deployment: DEPLOYMENT, clientId: 'meter', username: 'anna' });
    expect(new TextDecoder().decode(request?.password ?? new Uint8Array())).toBe('secret');
  });

  test('packets right behind CONNECT wait for a slow verdict, in order', () => {
    const bench = new EngineBench();
    const receiver = bench.subscriber('t', { clientId: 'receiver' });
    bench.policy.verdict = 'later';
    const client = bench.open();
    client.send(connectPacketOf({}), publishOf('t', 'one'), publishOf('t', 'two', { qos: 1, packetIdentifier: 3 }), {
      type: PacketType.PINGREQ,
    });
    client.publish('t', 'three');
    expect(receiver.payloads()).toEqual([]);
    bench.input((engine, now) => engine.authenticated(client.id, { kind: 'accepted' }, now));
    expect(client.names()).toEqual(['CONNACK', 'PUBACK 3', 'PINGRESP']);
    expect(receiver.payloads()).toEqual(['one', 'two', 'three']);
  });

  test('reading stops when too much comes behind CONNECT, and goes on with the verdict', () => {
    const bench = new EngineBench();
    bench.policy.verdict = 'later';
    const client = bench.connecting();
    client.publish('t', 'x'.repeat(40_000));
    expect(client.paused).toBe(false);
    client.publish('t', 'x'.repeat(40_000), { qos: 1, packetIdentifier: 1 });
    expect(client.paused).toBe(true);
    bench.input((engine, now) => engine.authenticated(client.id, { kind: 'accepted' }, now));
    expect(client.paused).toBe(false);
    expect(client.names()).toEqual(['CONNACK', 'PUBACK 1 0x10']);
  });

  test('a verdict for a connection that is gone changes nothing', () => {
    const bench = new EngineBench();
    bench.policy.verdict = 'later';
    const client = bench.connecting();
    client.lose();
    expect(bench.faults()).toEqual(['connection.refused connection.lost']);
    bench.input((engine, now) => engine.authenticated(client.id, { kind: 'accepted' }, now));
    expect(bench.events()).toEqual([]);
    expect(bench.counters()).toMatchObject({ connections: 0, sessions: 0, connectsRefused: 1 });
  });

  test('no CONNECT within 30 s of the accept closes without a word', () => {
    const bench = new EngineBench();
    const client = bench.open();
    client.bytes(Uint8Array.of(0x10));
    bench.advance(29_999);
    expect(client.ended).toBeNull();
    bench.advance(1);
    expect(client.ended).toBe('end');
    expect(client.take()).toEqual([]);
    expect(bench.faults()).toEqual(['connection.refused protocol.connect-timeout']);
  });

  test('a peer that leaves before CONNECT is one event', () => {
    const bench = new EngineBench();
    bench.open().lose({ kind: 'peer' });
    expect(bench.faults()).toEqual(['connection.refused protocol.closed-before-connect']);
    expect(bench.engine.nextTickAt).toBe(Infinity);
  });

  test('a client without an identifier gets one and is told, in 5.0', () => {
    const bench = new EngineBench();
    const client = bench.connecting({ clientId: '', version: 5 });
    expect(connackOf(client).properties?.assignedClientIdentifier).toBe('assigned-1');
    expect(bench.events('connection.accepted')[0]?.clientId).toBe('assigned-1');
  });

  test('an empty identifier: 3.1.1 needs Clean Session [MQTT-3.1.3-8], 3.1 always needs one', () => {
    const bench = new EngineBench();
    expect(bench.connecting({ clientId: '', version: 4, cleanStart: true }).names()).toEqual(['CONNACK']);
    expect(bench.connecting({ clientId: '', version: 4, cleanStart: false }).names()).toEqual(['CONNACK 0x2']);
    expect(bench.connecting({ clientId: '', version: 3, cleanStart: true }).names()).toEqual(['CONNACK 0x2']);
    expect(bench.faults()).toEqual(['connection.refused protocol.client-id', 'connection.refused protocol.client-id']);
  });

  test('the limit on client identifiers counts bytes', () => {
    const bench = new EngineBench({ limits: { clientIdBytes: 24 } });
    expect(bench.connecting({ clientId: 'é'.repeat(12) }).names()).toEqual(['CONNACK']);
    expect(bench.connecting({ clientId: 'é'.repeat(13) }).names()).toEqual(['CONNACK 0x85']);
    expect(bench.connecting({ clientId: 'é'.repeat(13), version: 4 }).names()).toEqual(['CONNACK 0x2']);
  });

  test('an unknown version is refused in the words of its family [MQTT-3.1.2-2]', () => {
    for (const [level, code] of [
      [6, 0x84],
      [2, 1],
    ] as const) {
      const bench = new EngineBench();
      const client = bench.open();
      client.version = level >= 5 ? 5 : 4;
      const bytes = encode(4, connectPacketOf({ version: 4 }));
      bytes[8] = level;
      client.bytes(bytes);
      expect(connackOf(client).reasonCode).toBe(code);
      expect(bench.faults()).toEqual(['connection.refused protocol.version']);
    }
  });

  test('a Remaining Length that is padded is refused in 5.0 and taken in 3.x [MQTT-1.5.5-1]', () => {
    for (const version of [3, 4, 5] as const) {
      const bench = new EngineBench();
      const client = bench.open();
      client.version = version;
      const [header = 0, length = 0, ...body] = encode(version, connectPacketOf({ version }));
      client.bytes(Uint8Array.of(header, length | 0x80, 0, ...body));
      expect(client.names()).toEqual([version === 5 ? 'CONNACK 0x81' : 'CONNACK']);
    }
  });

  test('enhanced authentication is refused before any credential is looked up', () => {
    const bench = new EngineBench();
    const client = bench.connecting({ properties: { authenticationMethod: 'SCRAM-SHA-256' } });
    expect(client.names()).toEqual(['CONNACK 0x8c']);
    expect(bench.policy.requests).toEqual([]);
    expect(bench.faults()).toEqual(['connection.refused protocol.authentication-method']);
  });
});

describe('finding the deployment', () => {
  test.each(versions)('no SNI: version %p hears of error -5, no credential is looked up', (version) => {
    const bench = new EngineBench();
    const client = bench.connecting({ version }, { serverName: null });
    const connack = connackOf(client);
    expect(connack.reasonCode).toBe(version === 5 ? 0x87 : 5);
    if (version === 5) expect(connack.properties?.reasonString).toContain('-5');
    expect(client.ended).toBe('end');
    expect(bench.policy.requests).toEqual([]);
    const [event] = bench.events();
    expect(event).toMatchObject({
      kind: 'connection.refused',
      fault: 'sni.missing',
      deployment: null,
      clientId: 'c',
      username: 'user',
    });
    expect(event?.facts?.remoteAddress).toBe('192.0.2.1');
  });

  test('a name of no deployment is named in the event', () => {
    const bench = new EngineBench();
    bench.connecting({}, { serverName: 'nowhere.berth.test' });
    expect(bench.events()[0]).toMatchObject({ fault: 'sni.unknown', detail: 'nowhere.berth.test' });
  });

  test('a stopped deployment says so, and the refusal is counted with it', () => {
    const bench = new EngineBench();
    bench.policy.locations.set('d1.berth.test', {
      kind: 'refused',
      deployment: DEPLOYMENT,
      fault: 'deployment.stopped',
    });
    expect(bench.connecting({ version: 4 }).names()).toEqual(['CONNACK 0x3']);
    expect(bench.connecting({ version: 5 }).names()).toEqual(['CONNACK 0x88']);
    expect(bench.events()[0]).toMatchObject({ fault: 'deployment.stopped', deployment: DEPLOYMENT });
    expect(bench.counters().connectsRefused).toBe(2);
  });

  test('a deployment that is not live is not there', () => {
    const bench = new EngineBench();
    bench.policy.locations.set('late.berth.test', { kind: 'found', deployment: 'late' as DeploymentId });
    expect(bench.connecting({}, { serverName: 'late.berth.test' }).names()).toEqual(['CONNACK 0x88']);
  });

  test('a dedicated listener needs no name', () => {
    const bench = new EngineBench();
    const facts = { listener: 'mqtt', deployment: DEPLOYMENT, serverName: null, tlsVersion: null } as const;
    expect(bench.connecting({}, facts).names()).toEqual(['CONNACK']);
  });

  test('a deployment that goes while the verdict is on its way', () => {
    const bench = new EngineBench();
    bench.policy.verdict = 'later';
    const client = bench.connecting();
    bench.input((engine, now) => engine.closeDeployment(DEPLOYMENT, 'deployment.stopped', false, now));
    expect(client.ended).toBe('end');
    expect(bench.faults()).toEqual(['connection.refused deployment.stopped']);
  });
});

describe('limits on connecting', () => {
  test('sessions: a new client is kept out, one that comes back is not', () => {
    const bench = new EngineBench({ limits: { sessions: 2 } });
    bench.connect({ clientId: 'a' });
    bench.connect({ clientId: 'b', sessionExpiryInterval: 60 }).lose();
    expect(bench.connecting({ clientId: 'c', version: 5 }).names()).toEqual(['CONNACK 0x97']);
    expect(bench.connecting({ clientId: 'c', version: 4 }).names()).toEqual(['CONNACK 0x3']);
    expect(bench.connecting({ clientId: 'b', version: 5 }).names()).toEqual(['CONNACK']);
    expect(bench.faults()).toContain('connection.refused limit.sessions');
  });

  test('sessions of one user name', () => {
    const bench = new EngineBench({ limits: { sessionsPerUsername: 1 } });
    const first = bench.connect({ clientId: 'a', username: 'u' });
    expect(bench.connecting({ clientId: 'b', username: 'u' }).names()).toEqual(['CONNACK 0x97']);
    expect(bench.connecting({ clientId: 'b', username: 'v' }).names()).toEqual(['CONNACK']);
    first.disconnect();
    expect(bench.connecting({ clientId: 'c', username: 'u' }).names()).toEqual(['CONNACK']);
  });

  test('connects per second, counted before the password is checked', () => {
    const bench = new EngineBench({ limits: { connectsPerSecond: 2 } });
    bench.setLimits({ connectsPerSecond: 2 });
    for (const clientId of ['a', 'b']) bench.connect({ clientId });
    const requests = bench.policy.requests.length;
    const early = ([5, 4] as const).map((version) => bench.connecting({ clientId: 'c', version }));
    const gone = bench.connecting({ clientId: 'gone' });
    gone.lose();
    // Said a second later, so that a storm slows itself down.
    expect(early.map((client) => client.names())).toEqual([[], []]);
    bench.advance(1_000);
    expect(early.map((client) => [client.names(), client.ended])).toEqual([
      [['CONNACK 0x9f'], 'end'],
      [['CONNACK 0x3'], 'end'],
    ]);
    expect(bench.faults()).toEqual(Array.from({ length: 3 }, () => 'connection.refused limit.connect-rate'));
    expect(bench.policy.requests.length).toBe(requests);
    expect(bench.counters().connectsRefused).toBe(3);
    expect(bench.connecting({ clientId: 'c' }).names()).toEqual(['CONNACK']);
  });

  test('an address that is shut out for its failures takes no connects of the others', () => {
    const bench = new EngineBench({ limits: { connectsPerSecond: 2 } });
    bench.policy.verdict = { kind: 'refused', fault: 'limit.failed-logins' };
    for (let attempt = 0; attempt < 10; attempt++)
      expect(bench.connecting({ clientId: 'guesser' }).names()).toEqual(['CONNACK 0x9f']);
    bench.policy.verdict = { kind: 'accepted' };
    for (const clientId of ['a', 'b']) bench.connect({ clientId });
    expect(bench.connecting({ clientId: 'c' }).names()).toEqual([]);
  });

  test('above the high-water mark of memory new sessions are refused, old ones are not', () => {
    const bench = new EngineBench();
    bench.connect({ clientId: 'old', sessionExpiryInterval: 60 }).lose();
    bench.engine.setOverloaded(true);
    expect(bench.connecting({ clientId: 'new', version: 5 }).names()).toEqual(['CONNACK 0x89']);
    expect(bench.connecting({ clientId: 'old', version: 5 }).names()).toEqual(['CONNACK']);
    bench.engine.setOverloaded(false);
    expect(bench.connecting({ clientId: 'new', version: 5 }).names()).toEqual(['CONNACK']);
  });
});

describe('Maximum Packet Size of the client', () => {
  test('a client that takes 20 bytes gets a CONNACK that fits, with what it must know', () => {
    const bench = new EngineBench({ limits: { sessionExpirySeconds: 60 } });
    const client = bench.connecting({ sessionExpiryInterval: 3600, properties: { maximumPacketSize: 20 } });
    const connack = connackOf(client);
    expect(encode(5, connack).byteLength).toBeLessThanOrEqual(20);
    expect(connack.properties).toMatchObject({ sessionExpiryInterval: 60, receiveMaximum: 64 });
    // What was not said does not hold: an alias is one too many.
    expect(connack.properties?.topicAliasMaximum).toBeUndefined();
    client.publish('t', 'x', { properties: { topicAlias: 1 } });
    expect(client.names()).toEqual(['DISCONNECT 0x94']);
  });

  test('a client that takes no CONNACK is refused, and the session that it would have taken over stays [MQTT-3.1.2-24]', () => {
    const bench = new EngineBench();
    const holder = bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 });
    bench.events();
    const client = bench.connecting({ clientId: 'a', properties: { maximumPacketSize: 10 } });
    expect(client.take()).toEqual([]);
    expect(client.ended).toBe('end');
    expect(holder.ended).toBeNull();
    expect(bench.faults()).toEqual(['connection.refused limit.client-packet-size']);
    expect(bench.counters()).toMatchObject({ connections: 1, sessions: 1, subscriptions: 1, connectsRefused: 1 });
  });

  test('a SUBACK that the client cannot take ends the connection', () => {
    const bench = new EngineBench();
    const client = bench.connect({ properties: { maximumPacketSize: 24 } });
    const subscriptions = Array.from({ length: 30 }, (_, index) => ({
      topicFilter: `t/${index}`,
      qos: 0 as const,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0 as const,
    }));
    client.send({ type: PacketType.SUBSCRIBE, packetIdentifier: 1, subscriptions, properties: null });
    expect(client.names()).toEqual(['DISCONNECT 0x95']);
    expect(bench.faults()).toEqual(['connection.closed limit.client-packet-size']);
  });

  test('a reason string is left out where the packet would be too large with it', () => {
    const bench = new EngineBench();
    bench.policy.verdict = { kind: 'refused', fault: 'credentials.wrong-password' };
    const client = bench.connecting({ properties: { maximumPacketSize: 20 } });
    expect(connackOf(client)).toMatchObject({ reasonCode: 0x86, properties: null });
  });
});

describe('keep alive', () => {
  test.each(versions)('version %p: the connection ends after one and a half times without a packet', (version) => {
    const bench = new EngineBench();
    const client = bench.connect({ version, keepAlive: 10 });
    bench.advance(14_000);
    client.ping();
    bench.advance(14_999);
    expect(client.ended).toBeNull();
    bench.advance(1 + FAREWELL_MS);
    expect(client.ended).toBe('end');
    expect(client.names()).toEqual(version === 5 ? ['PINGRESP', 'DISCONNECT 0x8d'] : ['PINGRESP']);
    expect(bench.faults()).toEqual(['connection.closed connection.keep-alive']);
  });

  test('0 turns it off', () => {
    const bench = new EngineBench();
    const client = bench.connect({ keepAlive: 0 });
    bench.advance(30 * 86_400_000);
    expect(client.ended).toBeNull();
  });

  test('what is sent to the client does not keep it alive', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', { clientId: 'a', keepAlive: 10 });
    const publisher = bench.connect({ clientId: 'b' });
    bench.advance(14_000);
    publisher.publish('t', 'x');
    bench.advance(1_000);
    expect(client.names()).toEqual(['PUBLISH x', 'DISCONNECT 0x8d']);
  });

  test('the highest keep-alive is said to 5.0 and used for all [MQTT-3.2.2-21]', () => {
    const bench = new EngineBench({ limits: { keepAliveSeconds: 20 } });
    const never = bench.connecting({ clientId: 'a', keepAlive: 0 });
    expect(connackOf(never).properties?.serverKeepAlive).toBe(20);
    const shorter = bench.connecting({ clientId: 'b', keepAlive: 10 });
    expect(connackOf(shorter).properties?.serverKeepAlive).toBeUndefined();
    const old = bench.connect({ clientId: 'c', keepAlive: 600, version: 4 });
    bench.advance(15_000 + FAREWELL_MS);
    expect([never.ended, shorter.ended, old.ended]).toEqual([null, 'end', null]);
    bench.advance(15_000);
    expect([never.ended, old.ended]).toEqual(['end', 'end']);
  });
});

describe('draining', () => {
  test('connected clients hear of it, new ones are refused', () => {
    const bench = new EngineBench();
    const five = bench.connect({ clientId: 'a' });
    const four = bench.connect({ clientId: 'b', version: 4 });
    bench.policy.verdict = 'later';
    const late = bench.connecting({ clientId: 'c' });
    const silent = bench.open();
    bench.input((engine, now) => engine.drain(now));
    expect(five.names()).toEqual(['DISCONNECT 0x8b']);
    bench.advance(FAREWELL_MS);
    expect([five.ended, four.ended]).toEqual(['end', 'end']);
    bench.input((engine, now) => engine.authenticated(late.id, { kind: 'accepted' }, now));
    expect(late.names()).toEqual(['CONNACK 0x88']);
    silent.connect({ clientId: 'd', version: 4 });
    expect(silent.names()).toEqual(['CONNACK 0x3']);
    expect(bench.faults()).toEqual([
      'connection.closed server.draining',
      'connection.closed server.draining',
      'connection.refused server.draining',
      'connection.refused server.draining',
    ]);
  });
});

describe('bytes that are no packet', () => {
  test('5.0 gets the exact code, 3.1.1 is closed', () => {
    for (const version of [4, 5] as const) {
      const bench = new EngineBench();
      const client = bench.connect({ version });
      bench.events();
      client.bytes(Uint8Array.of(0x36, 5, 0, 1, 0x74, 0, 1)); // QoS 3
      expect(client.names()).toEqual(version === 5 ? ['DISCONNECT 0x81'] : []);
      bench.advance(FAREWELL_MS);
      expect(client.ended).toBe('end');
      expect(bench.faults()).toEqual(['connection.closed protocol.malformed']);
    }
  });

  test('a packet over the limit is refused as soon as its length is known', () => {
    const bench = new EngineBench({ limits: { packetSizeBytes: 200 } });
    const client = bench.connect();
    client.bytes(Uint8Array.of(0x30, 0xff, 0x01));
    expect(client.names()).toEqual(['DISCONNECT 0x95']);
    expect(bench.faults()).toEqual(['connection.closed limit.packet-size']);
  });

  test('a CONNECT that cannot be read: 5.0 hears why', () => {
    const bench = new EngineBench();
    const client = bench.open();
    const bytes = encode(5, connectPacketOf({}));
    bytes[9] = (bytes[9] ?? 0) | 1; // a reserved flag
    client.bytes(bytes);
    expect(client.names()).toEqual(['CONNACK 0x81']);
    expect(bench.faults()).toEqual(['connection.refused protocol.malformed']);
  });

  test('HTTP is answered in HTTP', () => {
    const bench = new EngineBench();
    const client = bench.open();
    const answers: string[] = [];
    client.receive = (bytes) => void answers.push(new TextDecoder().decode(bytes));
    client.bytes(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'));
    expect(answers.join('')).toStartWith('HTTP/1.1 400');
    expect(bench.faults()).toEqual(['connection.refused port.http-on-mqtt']);
  });

  test('a connection that the core gave up is an error of the server', () => {
    const bench = new EngineBench();
    const client = bench.connect();
    bench.events();
    client.lose({ kind: 'local' });
    expect(bench.faults()).toEqual(['connection.closed server.error']);
  });
});
