import { describe, expect, test } from 'bun:test';
import { EngineBench, FAREWELL_MS } from '../../../testkit/engine-bench.ts';
import { connectPacketOf, publishOf, type EngineClient } from '../../../testkit/engine-client.ts';
import { encode, PacketType, type Packet, type ProtocolVersion } from '../../codec/mod.ts';

/** One well-formed packet of each type. */
function packetOf(type: PacketType, version: ProtocolVersion): Packet {
  const packetIdentifier = 7;
  const properties = null;
  switch (type) {
    case PacketType.CONNECT:
      return connectPacketOf({ version });
    case PacketType.CONNACK:
      return { type, sessionPresent: false, reasonCode: 0, properties };
    case PacketType.PUBLISH:
      return publishOf('t', 'x', { qos: 1, packetIdentifier });
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return { type, packetIdentifier, reasonCode: 0, properties };
    case PacketType.SUBSCRIBE: {
      const request = {
        topicFilter: 't',
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      } as const;
      return { type, packetIdentifier, subscriptions: [request], properties };
    }
    case PacketType.UNSUBSCRIBE:
      return { type, packetIdentifier, topicFilters: ['t'], properties };
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
      return { type, packetIdentifier, reasonCodes: [0], properties };
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return { type };
    case PacketType.DISCONNECT:
      return { type, reasonCode: 0, properties };
    case PacketType.AUTH:
      return { type, reasonCode: 0, properties: { authenticationMethod: 'SCRAM' } };
  }
}

function bytesOf(type: PacketType, version: ProtocolVersion): Uint8Array {
  // 3.x has no AUTH: a device that sends it anyway sends these two bytes.
  return type === PacketType.AUTH && version !== 5 ? Uint8Array.of(0xf0, 0) : encode(version, packetOf(type, version));
}

const types = Object.entries(PacketType) as [keyof typeof PacketType, PacketType][];
const versions = [3, 4, 5] as const;

/** What a packet leads to on a connected connection: answers, then `closed` and the fault where it ends. */
const whenConnected: Record<keyof typeof PacketType, { v3: string[]; v5: string[] }> = {
  CONNECT: { v3: ['closed protocol.second-connect'], v5: ['DISCONNECT 0x82', 'closed protocol.second-connect'] },
  CONNACK: { v3: ['closed protocol.error'], v5: ['DISCONNECT 0x82', 'closed protocol.error'] },
  PUBLISH: { v3: ['PUBACK 7'], v5: ['PUBACK 7 0x10'] },
  PUBACK: { v3: [], v5: [] },
  PUBREC: { v3: ['PUBREL 7'], v5: ['PUBREL 7 0x92'] },
  PUBREL: { v3: ['PUBCOMP 7'], v5: ['PUBCOMP 7 0x92'] },
  PUBCOMP: { v3: [], v5: [] },
  SUBSCRIBE: { v3: ['SUBACK 7 0x0'], v5: ['SUBACK 7 0x0'] },
  SUBACK: { v3: ['closed protocol.error'], v5: ['DISCONNECT 0x82', 'closed protocol.error'] },
  UNSUBSCRIBE: { v3: ['UNSUBACK 7'], v5: ['UNSUBACK 7 0x11'] },
  UNSUBACK: { v3: ['closed protocol.error'], v5: ['DISCONNECT 0x82', 'closed protocol.error'] },
  PINGREQ: { v3: ['PINGRESP'], v5: ['PINGRESP'] },
  PINGRESP: { v3: ['closed protocol.error'], v5: ['DISCONNECT 0x82', 'closed protocol.error'] },
  DISCONNECT: { v3: ['closed closed.by-client'], v5: ['closed closed.by-client'] },
  AUTH: { v3: ['closed protocol.error'], v5: ['DISCONNECT 0x82', 'closed protocol.error'] },
};

function outcome(bench: EngineBench, client: EngineClient): string[] {
  const ends = bench
    .events('connection.closed', 'connection.refused')
    .map((event) => `${event.kind === 'connection.closed' ? 'closed' : 'refused'} ${event.fault}`);
  return [...client.names(), ...ends];
}

describe('every packet in every state of a connection', () => {
  for (const version of versions) {
    for (const [name, type] of types) {
      test(`awaitingConnect, ${name} of version ${version}: only CONNECT is taken [MQTT-3.1.0-1]`, () => {
        const bench = new EngineBench();
        const client = bench.open();
        client.version = version;
        client.bytes(bytesOf(type, version));
        const expected = type === PacketType.CONNECT ? ['CONNACK'] : ['refused protocol.first-packet'];
        expect(outcome(bench, client)).toEqual(expected);
        expect(client.ended).toBe(type === PacketType.CONNECT ? null : 'end');
      });

      test(`authenticating, ${name} of version ${version}: waits for the verdict and is handled after it`, () => {
        const bench = new EngineBench();
        bench.policy.verdict = 'later';
        const client = bench.connecting({ version });
        client.bytes(bytesOf(type, version));
        expect(outcome(bench, client)).toEqual([]);
        expect(client.ended).toBeNull();
        bench.input((engine, now) => engine.authenticated(client.id, { kind: 'accepted' }, now));
        expect(outcome(bench, client)).toEqual(['CONNACK', ...whenConnected[name][version === 5 ? 'v5' : 'v3']]);
      });

      test(`authenticating, then refused, ${name} of version ${version}: is not handled`, () => {
        const bench = new EngineBench();
        bench.policy.verdict = 'later';
        const client = bench.connecting({ version });
        client.bytes(bytesOf(type, version));
        const verdict = { kind: 'refused', fault: 'credentials.wrong-password' } as const;
        bench.input((engine, now) => engine.authenticated(client.id, verdict, now));
        expect(outcome(bench, client)).toEqual([
          version === 5 ? 'CONNACK 0x86' : 'CONNACK 0x4',
          'refused credentials.wrong-password',
        ]);
        expect(bench.counters().publishesReceivedQoS1).toBe(0);
      });

      test(`connected, ${name} of version ${version}`, () => {
        const bench = new EngineBench();
        const client = bench.connect({ version });
        bench.events();
        client.bytes(bytesOf(type, version));
        const expected = whenConnected[name][version === 5 ? 'v5' : 'v3'];
        expect(outcome(bench, client)).toEqual(expected);
        bench.advance(FAREWELL_MS);
        expect(client.ended).toBe(expected.at(-1)?.startsWith('closed') ? 'end' : null);
      });

      test(`closed, ${name} of version ${version}: nothing happens any more`, () => {
        const bench = new EngineBench();
        const client = bench.connect({ version });
        const other = bench.connect({ clientId: 'other' });
        other.take();
        // Both in one turn: the engine has closed it, the edge does not know yet.
        bench.input(() => {
          client.disconnect();
          bench.events();
          client.bytes(bytesOf(type, version));
        });
        expect(client.names()).toEqual([]);
        expect(bench.events()).toEqual([]);
      });
    }
  }
});
