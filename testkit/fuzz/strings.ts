import type { Random } from '../random.ts';
import { chance, join, pick } from './chance.ts';

const encoder = new TextEncoder();

/** Where UTF-8 goes wrong or nearly does (RFC 3629; MQTT 5.0 section 1.5.4). */
export const utf8Edges: readonly Uint8Array[] = [
  [0x00],
  [0x01],
  [0x7f],
  [0xc2, 0x80],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x80, 0x80],
  [0xe0, 0xa0, 0x80],
  [0xed, 0x9f, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xef, 0xbb, 0xbf],
  [0xef, 0xbf, 0xbe],
  [0xef, 0xbf, 0xbf],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf0, 0x90, 0x80, 0x80],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0x80],
  [0xbf],
  [0xff],
  [0xe5, 0x86],
].map((bytes) => Uint8Array.from(bytes));

const topics = ['a', 'a/b', 'a/b/c', 'b', '/', 'a//b', '/a', '$SYS/x', '$share', 'x/y/z/w', '再见/a', ''];
const filters = [
  ...topics,
  '#',
  '+',
  'a/#',
  'a/+',
  '+/b',
  '+/+',
  '/#',
  '$SYS/#',
  '$share/g/a',
  '$share/g/#',
  '$share/h/+/b',
  '$share/g/',
  '$share//a',
  '$share/g+/a',
  'a/#/b',
  'a+',
  '#/a',
];

export function topic(random: Random): Uint8Array {
  return wild(random, encoder.encode(pick(random, topics)));
}

export function filter(random: Random): Uint8Array {
  return wild(random, encoder.encode(pick(random, filters)));
}

export function text(random: Random): Uint8Array {
  return wild(
    random,
    encoder.encode(pick(random, ['', 'x', 'text', '文', 'a longer one '.repeat(random.between(1, 12))])),
  );
}

/** Few names, so that sessions meet again. */
export function clientId(random: Random): Uint8Array {
  return wild(random, encoder.encode(pick(random, ['one', 'two', 'three', '', 'x'.repeat(random.between(1, 40))])));
}

/** Now and then with something in it that is at the edge of UTF-8. */
function wild(random: Random, bytes: Uint8Array): Uint8Array {
  if (!chance(random, 3)) return bytes;
  const at = random.between(0, bytes.length + 1);
  return join(bytes.subarray(0, at), pick(random, utf8Edges), bytes.subarray(at));
}
