import { malformed } from './errors.ts';

// The one place of the codec that needs the platform: packages/ is compiled without its types.
declare const TextDecoder: new (
  label: 'utf-8',
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => {
  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number };
};

// ignoreBOM keeps an embedded U+FEFF in the text. [MQTT-1.5.4-3]
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** From this length on the platform's encoder is faster than a loop, on ASCII text. */
const loopLengthMax = 64;

/** Longest UTF-8 Encoded String and Binary Data on the wire (MQTT 5.0 section 1.5.4). */
export const stringBytesMax = 0xffff;

/**
 * Decodes a UTF-8 Encoded String without its length prefix (MQTT 5.0 section 1.5.4).
 *
 * Stricter than it must be: control characters and non-characters, where the standard lets a receiver choose, are refused.
 *
 * @throws DecodeError 0x81
 */
export function decodeUtf8(buffer: Uint8Array, start: number, end: number): string {
  if (start === end) return '';
  let text: string;
  try {
    text = decoder.decode(buffer.subarray(start, end)); // [MQTT-1.5.4-1]: fatal, refuses surrogates and overlong forms
  } catch {
    throw malformed('string is not well-formed UTF-8', 'MQTT-1.5.4-1');
  }
  checkCharacters(text);
  return text;
}

function checkCharacters(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit < 0x7f) continue;
    if (unit === 0) throw malformed('string contains U+0000', 'MQTT-1.5.4-2');
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) throw malformed('string contains a control character');
    if (unit >= 0xfdd0 && isNonCharacter(unit)) throw malformed('string contains a non-character');
    if (unit >= 0xd800 && unit <= 0xdbff) {
      // The decoder let only whole pairs through; U+1FFFE, U+1FFFF ... U+10FFFF end in a low surrogate of these.
      if (isNonCharacter(text.codePointAt(i) ?? 0)) throw malformed('string contains a non-character');
      i++;
    }
  }
}

function isNonCharacter(codePoint: number): boolean {
  return (codePoint >= 0xfdd0 && codePoint <= 0xfdef) || (codePoint & 0xfffe) === 0xfffe;
}

/** Bytes that a text takes in UTF-8; a lone surrogate counts as the replacement character that it becomes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair is two units and four bytes: with its first unit counted as three, the second one adds one.
    if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text, i + 1)) i++;
  }
  return length;
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index); // NaN past the end
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Writes a text as UTF-8 and returns the offset behind it. There must be room: see `utf8Length`. */
export function writeUtf8(text: string, buffer: Uint8Array, offset: number): number {
  const length = text.length;
  if (length > loopLengthMax) return offset + encoder.encodeInto(text, buffer.subarray(offset)).written;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return offset + encoder.encodeInto(text, buffer.subarray(offset)).written;
    buffer[offset + i] = unit;
  }
  return offset + length;
}
