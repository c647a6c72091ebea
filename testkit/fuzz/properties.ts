import type { Random } from '../random.ts';
import { chance, join, pick } from './chance.ts';
import { text, topic } from './strings.ts';
import { prefixed, variableByteInteger } from './wire.ts';

type Form = 'byte' | 'two' | 'four' | 'variable' | 'string' | 'topic' | 'binary' | 'pair';

/** Table 2-4 of MQTT 5.0, written down a second time: identifier, form, and the packets that may have it (0: the will). */
const table: readonly (readonly [identifier: number, form: Form, packets: readonly number[]])[] = [
  [0x01, 'byte', [3, 0]],
  [0x02, 'four', [3, 0]],
  [0x03, 'string', [3, 0]],
  [0x08, 'topic', [3, 0]],
  [0x09, 'binary', [3, 0]],
  [0x0b, 'variable', [8]],
  [0x11, 'four', [1, 2, 14]],
  [0x12, 'string', [2]],
  [0x13, 'two', [2]],
  [0x15, 'string', [2, 15]],
  [0x16, 'binary', [2, 15]],
  [0x17, 'byte', [1]],
  [0x18, 'four', [0]],
  [0x19, 'byte', [1]],
  [0x1a, 'string', [2]],
  [0x1c, 'string', [2, 14]],
  [0x1f, 'string', [2, 4, 5, 6, 7, 9, 11, 14, 15]],
  [0x21, 'two', [1, 2]],
  [0x22, 'two', [1, 2]],
  [0x23, 'two', [3]],
  [0x24, 'byte', [2]],
  [0x25, 'byte', [2]],
  [0x26, 'pair', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15]],
  [0x27, 'four', [1, 2]],
  [0x28, 'byte', [2]],
  [0x29, 'byte', [2]],
  [0x2a, 'byte', [2]],
];

function value(random: Random, form: Form): Uint8Array | readonly number[] {
  switch (form) {
    case 'byte':
      return [chance(random, 5) ? random.between(0, 256) : random.between(0, 2)];
    case 'two':
      return pick(random, [
        [0, 1],
        [0, 2],
        [0, 0],
        [0, 20],
        [255, 255],
      ]);
    case 'four':
      return pick(random, [
        [0, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 60],
        [0, 0, 1, 0],
        [0, 1, 81, 128],
        [255, 255, 255, 255],
      ]);
    case 'variable':
      return variableByteInteger(pick(random, [0, 1, 127, 128, 16_384, 268_435_455]), chance(random, 5) ? 3 : 1);
    case 'string':
      return prefixed(text(random));
    case 'topic':
      return prefixed(topic(random));
    case 'binary':
      return prefixed(random.bytes(random.between(0, 9)));
    case 'pair':
      return join(prefixed(text(random)), prefixed(text(random)));
  }
}

/** A Property Length and properties, nearly always those that the packet type may have. */
export function propertyBlock(random: Random, packetType: number): Uint8Array {
  if (chance(random, 45)) return Uint8Array.of(0);
  const allowed = table.filter(([, , packets]) => packets.includes(packetType));
  const count = random.between(0, 4);
  const seen = new Set<number>();
  const parts: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const [identifier, form] = pick(random, chance(random, 3) || allowed.length === 0 ? table : allowed);
    // Twice only on purpose.
    if (seen.has(identifier) && form !== 'pair' && !chance(random, 5)) continue;
    seen.add(identifier);
    parts.push(join([chance(random, 1) ? random.between(0, 256) : identifier], value(random, form)));
  }
  const block = join(...parts);
  const length = chance(random, 2) ? Math.max(0, block.length + random.between(-2, 3)) : block.length;
  return join(variableByteInteger(length, chance(random, 1) ? 2 : 1), block);
}
