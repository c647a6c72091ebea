import { decode, DecodeError, encode, Framer } from '../../packages/codec/mod.ts';
import type { Packet, ProtocolVersion } from '../../packages/codec/mod.ts';
import type { Random } from '../random.ts';
import { chance, pick } from './chance.ts';
import type { Input, Step } from './input.ts';
import { anyPacket, connect } from './packets.ts';
import { Broken, must, type Target } from './target.ts';

const versions = [3, 4, 5] as const;

/**
 * Packets of all types and directions, one at a time; the verb is the version. Only DecodeError is thrown, what was
 * decoded can be encoded and comes back the same, and nothing is larger than what came in.
 */
export const codecTarget: Target = {
  name: 'codec',

  generate(random: Random): Step[] {
    const version = pick(random, versions);
    const bytes = chance(random, 25) ? connect(random, version) : anyPacket(random, version);
    return [{ verb: String(version), bytes }];
  },

  run(input: Input): string[] {
    const signs: string[] = [];
    for (const { verb, bytes } of input) {
      const version = versions.find((version) => String(version) === verb) ?? 5;
      signs.push(`${verb} ${judge(version, bytes)}`);
    }
    return signs;
  },
};

function judge(version: ProtocolVersion, bytes: Uint8Array): string {
  const first = decodeOne(version, bytes);
  if (typeof first === 'string') return first;
  // A CONNECT is encoded in the version that it names.
  const again = encode(version, first);
  const second = decodeOne(version, again);
  if (typeof second === 'string') throw new Broken(`what was decoded and encoded is refused: ${second}`);
  must(Bun.deepEquals(second, first, true), 'decode(encode(decode(x))) differs from decode(x)');
  must(Buffer.compare(encode(version, second), again) === 0, 'encode(decode(encode(x))) differs from encode(x)');
  must(elements(first) <= bytes.length + 32, 'more values than bytes');
  return shape(first);
}

/** The packet, or why there is none. */
function decodeOne(version: ProtocolVersion, bytes: Uint8Array): Packet | string {
  const framer = new Framer(1_000_000);
  framer.shortestLengths = version === 5;
  framer.push(bytes);
  try {
    if (!framer.next()) return 'incomplete';
    return decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    must(error.reasonCode >= 0x80, 'a DecodeError with a reason code that is none of an error');
    return `${(bytes[0] ?? 0) >> 4} 0x${error.reasonCode.toString(16)} ${error.message.replaceAll(/\d+/g, 'N')}`;
  }
}

/** How many values a packet holds; bytes of binary values are views, and count as one. */
function elements(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + elements(part), 1);
}

/** Type, flags and the properties that are there. */
function shape(packet: Packet): string {
  const properties = 'properties' in packet && packet.properties !== null ? Object.keys(packet.properties) : [];
  const qos = packet.type === 3 ? packet.qos : '';
  const code = 'reasonCode' in packet ? packet.reasonCode : '';
  return `${packet.type} ${qos} ${code} ${properties.toSorted().join(' ')}`;
}
