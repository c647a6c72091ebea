import type { ProtocolVersion } from '../../packages/codec/mod.ts';
import type { Random } from '../random.ts';
import { chance, join, pick } from './chance.ts';
import { propertyBlock } from './properties.ts';
import { clientId, filter, text, topic } from './strings.ts';
import { framed, prefixed, uint16 } from './wire.ts';

// Packets of a client as bytes, made without the codec that they test: mostly proper, sometimes not.

const protocolNames: Readonly<Record<ProtocolVersion, string>> = { 3: 'MQIsdp', 4: 'MQTT', 5: 'MQTT' };
const encoder = new TextEncoder();

/** Few identifiers, so that exchanges meet. */
function identifier(random: Random): readonly number[] {
  return uint16(chance(random, 2) ? random.between(0, 65_536) : random.between(1, 6));
}

function payload(random: Random): Uint8Array {
  return random.bytes(pick(random, [0, 1, 3, 12, 130, 300]));
}

export function connect(random: Random, version: ProtocolVersion): Uint8Array {
  const hasWill = chance(random, 30);
  const willBits = hasWill ? 0x04 | (random.between(0, 3) << 3) | (chance(random, 30) ? 0x20 : 0) : 0;
  const hasUser = chance(random, 85);
  const hasPassword = hasUser && chance(random, 90);
  const noise = chance(random, 2) ? random.between(0, 256) : 0;
  const flags = (chance(random, 45) ? 0x02 : 0) | willBits | (hasUser ? 0x80 : 0) | (hasPassword ? 0x40 : 0);
  const level = chance(random, 1) ? random.between(0, 256) : version | (chance(random, 2) ? 0x80 : 0);
  return framed(
    0x10,
    prefixed(encoder.encode(protocolNames[version])),
    [level, flags ^ noise],
    uint16(pick(random, [0, 0, 1, 60, 65_535])),
    version === 5 ? propertyBlock(random, 1) : [],
    prefixed(clientId(random)),
    hasWill && version === 5 ? propertyBlock(random, 0) : [],
    hasWill ? join(prefixed(topic(random)), prefixed(payload(random))) : [],
    hasUser ? prefixed(encoder.encode(pick(random, ['user', 'other']))) : [],
    hasPassword ? prefixed(encoder.encode('secret')) : [],
  );
}

export function publish(random: Random, version: ProtocolVersion): Uint8Array {
  const qos = random.between(0, 3);
  const retain = chance(random, 25) ? 1 : 0;
  const dup = qos > 0 && chance(random, 10) ? 0x08 : 0;
  return framed(
    0x30 | dup | (qos << 1) | retain,
    prefixed(topic(random)),
    qos > 0 ? identifier(random) : [],
    version === 5 ? propertyBlock(random, 3) : [],
    payload(random),
  );
}

function acknowledgement(random: Random, version: ProtocolVersion): Uint8Array {
  const type = pick(random, [4, 5, 6, 7]);
  const first = (type << 4) | (type === 6 ? 2 : 0);
  if (version !== 5 || chance(random, 50)) return framed(first, identifier(random));
  const code = pick(random, [0, 0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x92, 0x97, 0x99]);
  return framed(first, identifier(random), [code], chance(random, 50) ? propertyBlock(random, type) : []);
}

function subscribe(random: Random, version: ProtocolVersion): Uint8Array {
  const filters = Array.from({ length: random.between(chance(random, 3) ? 0 : 1, 4) }, () => {
    const options = version === 5 ? pick(random, [0, 1, 2, 4, 6, 8, 9, 16, 33, 18]) : random.between(0, 3);
    return join(prefixed(filter(random)), [chance(random, 1) ? random.between(0, 256) : options]);
  });
  return framed(0x82, identifier(random), version === 5 ? propertyBlock(random, 8) : [], ...filters);
}

function unsubscribe(random: Random, version: ProtocolVersion): Uint8Array {
  const filters = Array.from({ length: random.between(chance(random, 3) ? 0 : 1, 3) }, () => prefixed(filter(random)));
  return framed(0xa2, identifier(random), version === 5 ? propertyBlock(random, 10) : [], ...filters);
}

function disconnect(random: Random, version: ProtocolVersion): Uint8Array {
  if (version !== 5 || chance(random, 40)) return framed(0xe0);
  const code = pick(random, [0, 4, 0x80, 0x81, 0x93, 0x98]);
  return framed(0xe0, [code], chance(random, 50) ? propertyBlock(random, 14) : []);
}

/** What only a server may send, AUTH, and what there is not. */
function foreign(random: Random, version: ProtocolVersion): Uint8Array {
  const type = pick(random, [0, 2, 9, 11, 13, 15, 1]);
  if (type === 1) return connect(random, version);
  if (type === 2) return framed(0x20, [random.between(0, 2), random.between(0, 6)], propertyBlock(random, 2));
  if (type === 15) return framed(0xf0, [pick(random, [0, 0x18, 0x19])], propertyBlock(random, 15));
  if (type === 13) return framed(0xd0);
  const reasons = Array.from({ length: random.between(0, 4) }, () => pick(random, [0, 1, 2, 0x80, 0x87]));
  return framed(type << 4, identifier(random), version === 5 ? propertyBlock(random, type) : [], reasons);
}

const makers = [
  publish,
  publish,
  publish,
  publish,
  acknowledgement,
  acknowledgement,
  subscribe,
  subscribe,
  unsubscribe,
];

/** Any packet but CONNECT, most often one that a client sends. */
export function anyPacket(random: Random, version: ProtocolVersion): Uint8Array {
  if (chance(random, 4)) return disconnect(random, version);
  if (chance(random, 4)) return foreign(random, version);
  if (chance(random, 6)) return framed(0xc0);
  return pick(random, makers)(random, version);
}

/** A CONNECT whose name and address are in order, so that what follows gets far. */
export function properConnect(random: Random, version: ProtocolVersion): Uint8Array {
  const expiry = pick(random, [0, 0, 1, 60, 0xffff_ffff]);
  const properties = join([0x11], [expiry >>> 24, (expiry >> 16) & 0xff, (expiry >> 8) & 0xff, expiry & 0xff]);
  const receiveMaximum = chance(random, 40) ? [0x21, 0, random.between(1, 4)] : [];
  const packetMaximum = chance(random, 25) ? [0x27, 0, 0, 0, pick(random, [20, 40, 80, 200])] : [];
  const aliases = chance(random, 30) ? [0x22, 0, random.between(0, 3)] : [];
  const block = join(properties, receiveMaximum, packetMaximum, aliases);
  return framed(
    0x10,
    prefixed(encoder.encode(protocolNames[version])),
    [version, 0xc0 | (chance(random, 40) ? 2 : 0)],
    uint16(pick(random, [0, 0, 10])),
    version === 5 ? join([block.length], block) : [],
    prefixed(encoder.encode(pick(random, ['one', 'two', 'three']))),
    prefixed(text(random)),
    prefixed(encoder.encode('secret')),
  );
}
