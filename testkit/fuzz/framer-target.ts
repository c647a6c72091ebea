import { DecodeError, Framer } from '../../packages/codec/mod.ts';
import type { Random } from '../random.ts';
import { chance, join, pick } from './chance.ts';
import type { Input, Step } from './input.ts';
import { anyPacket } from './packets.ts';
import { must, type Target } from './target.ts';
import { framed, variableByteInteger } from './wire.ts';

const maximumPacketSizes = [200, 1_000_000, 20, 129];

/**
 * A stream in pieces; the verb says the largest packet and whether lengths must be short. What comes out does not depend on
 * where it was cut, and the framer holds no more than what is missing to a packet.
 */
export const framerTarget: Target = {
  name: 'framer',

  generate(random: Random): Step[] {
    const verb = `f${random.between(0, 8)}`;
    return Array.from({ length: random.between(1, 8) }, () => ({ verb, bytes: piece(random) }));
  },

  run(input: Input): string[] {
    const mode = Number(input[0]?.verb.slice(1) ?? 0) & 7;
    const pieces = input.map(({ bytes }) => bytes);
    const all = join(...pieces);
    const expected = cut(mode, [all]);
    must(withoutDetail(expected) === plainly(mode, all), 'the packets are not those that the standard says');
    must(cut(mode, pieces) === expected, 'the packets depend on where the stream was cut');
    must(cut(mode, inPieces(all)) === expected, 'the packets depend on whether bytes come one by one');
    return [`${mode} ${signOf(expected)}`];
  },
};

function piece(random: Random): Uint8Array {
  if (chance(random, 15)) return random.bytes(random.between(0, 12));
  if (chance(random, 15)) {
    const length = random.between(0, 300);
    return join([random.between(1, 16) << 4], variableByteInteger(length, random.between(1, 6)), random.bytes(length));
  }
  if (chance(random, 15)) return framed(0x30, random.bytes(pick(random, [18, 19, 127, 128, 198, 199, 600])));
  const bytes = anyPacket(random, pick(random, [3, 4, 5]));
  return chance(random, 40) ? bytes.subarray(0, random.between(0, bytes.length + 1)) : bytes;
}

/** What a framer makes of a whole stream, written down once more as plainly as can be (MQTT 5.0 section 2.1). */
function plainly(mode: number, all: Uint8Array): string {
  const found: string[] = [];
  for (let start = 0; ;) {
    const left = `left ${all.length - start}`;
    const header = all[start];
    if (header === undefined) return [...found, left].join(' ');
    if (header >> 4 === 0) return [...found, '0x81'].join(' ');
    const lengthBytes = all.subarray(start + 1, start + 5).findIndex((byte) => byte < 0x80) + 1;
    if (lengthBytes === 0) return [...found, all.length - start > 4 ? '0x81' : left].join(' ');
    const digits = all.subarray(start + 1, start + 1 + lengthBytes);
    if ((mode & 1) === 1 && lengthBytes > 1 && digits.at(-1) === 0) return [...found, '0x81'].join(' ');
    const length = digits.reduceRight((sum, digit) => sum * 128 + (digit & 0x7f), 0);
    const size = 1 + lengthBytes + length;
    if (size > (maximumPacketSizes[mode >> 1] ?? 200)) return [...found, '0x95'].join(' ');
    if (size > all.length - start) return [...found, left].join(' ');
    found.push(`${header}:${all.subarray(start + 1 + lengthBytes, start + size).toHex()}`);
    start += size;
  }
}

/** The words behind the reason code left out. */
function withoutDetail(found: string): string {
  return found.replace(/(0x\w+) .*/, '$1');
}

/** Byte by byte; of a long stream the first bytes only. */
function inPieces(all: Uint8Array): Uint8Array[] {
  const count = Math.min(all.length, 80);
  const pieces = Array.from({ length: count }, (_, at) => all.subarray(at, at + 1));
  for (let at = count; at < all.length; at += 37) pieces.push(all.subarray(at, at + 37));
  return pieces;
}

/** What a framer makes of the pieces, as text. */
function cut(mode: number, pieces: readonly Uint8Array[]): string {
  const maximum = maximumPacketSizes[mode >> 1] ?? 200;
  const framer = new Framer(maximum);
  framer.shortestLengths = (mode & 1) === 1;
  const found: string[] = [];
  try {
    for (const piece of pieces) {
      // Memory of the edge: what the framer keeps it has to have copied.
      const lent = piece.slice();
      framer.push(lent);
      while (framer.next()) {
        const { header, buffer, start, bodyStart, end } = framer;
        must(end - start <= maximum && start < bodyStart && bodyStart <= end, 'a packet outside of its bounds');
        found.push(`${header}:${buffer.subarray(bodyStart, end).toHex()}`);
      }
      framer.release();
      lent.fill(0xee);
      must(framer.bufferedBytes < maximum, 'more is buffered than one packet');
    }
    found.push(`left ${framer.bufferedBytes}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    found.push(`0x${error.reasonCode.toString(16)} ${error.message}`);
  }
  return found.join(' ');
}

/** The first three packet types, how many there are up to eight, and how it ended. */
function signOf(found: string): string {
  const parts = found.split(' ');
  const types = parts.slice(0, 3).map((part) => part.slice(0, 2));
  return `${types.join(' ')} ${Math.min(8, parts.length)} ${/0x\w+/.exec(found)?.[0] ?? ''}`;
}
