import { describe, expect, spyOn, test } from 'bun:test';
import fc from 'fast-check';
import { encodePublish, Framer } from './mod.ts';
import { wire } from './wire-notation.ts';

const seed = 20_240_607;

function publish(payloadBytes: number): Uint8Array {
  const payload = Uint8Array.from({ length: payloadBytes }, (_, i) => i & 0xff);
  return encodePublish(4, 'some/topic', payload, 0, false, false, 0, null);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** All whole packets that the framer has now, copied. */
function drain(framer: Framer): Uint8Array[] {
  const packets: Uint8Array[] = [];
  while (framer.next()) packets.push(framer.buffer.slice(framer.start, framer.end));
  return packets;
}

describe('Framer', () => {
  test('describes a packet in the chunk itself, without a copy', () => {
    const chunk = concat([wire('c0 00'), publish(200), wire('e0')]);
    const framer = new Framer(1000);
    framer.push(chunk);
    expect(framer.peekFirstByte()).toBe(0xc0);
    expect(framer.bufferedBytes).toBe(chunk.length);

    expect(framer.next()).toBe(true);
    expect([framer.header, framer.start, framer.bodyStart, framer.end]).toEqual([0xc0, 0, 2, 2]);
    expect(framer.next()).toBe(true);
    expect([framer.header, framer.start, framer.bodyStart, framer.end]).toEqual([0x30, 2, 5, chunk.length - 1]);
    expect(framer.buffer).toBe(chunk);

    expect(framer.next()).toBe(false);
    expect(framer.peekFirstByte()).toBe(0xe0);
    expect(framer.bufferedBytes).toBe(1);
  });

  test('is empty at first, and again when all was given out', () => {
    const framer = new Framer(1000);
    expect([framer.next(), framer.peekFirstByte(), framer.bufferedBytes]).toEqual([false, -1, 0]);
    framer.push(wire('c0 00'));
    expect(framer.next()).toBe(true);
    framer.release();
    expect([framer.next(), framer.peekFirstByte(), framer.bufferedBytes]).toEqual([false, -1, 0]);
  });

  test('keeps what was left over when the chunk is overwritten after release', () => {
    const packet = publish(50);
    const chunk = packet.slice(0, 20);
    const framer = new Framer(1000);
    framer.push(chunk);
    expect(framer.next()).toBe(false);
    framer.release();
    chunk.fill(0xff);
    framer.push(packet.subarray(20));
    expect(drain(framer)).toEqual([packet]);
  });

  test('keeps whole packets that its owner did not take before release', () => {
    const packets = [publish(5), publish(300), publish(7)];
    const framer = new Framer(1000);
    framer.push(concat(packets));
    expect(framer.next()).toBe(true);
    framer.release();
    framer.release();
    framer.push(wire('c0'));
    expect(framer.bufferedBytes).toBe((packets[1]?.length ?? 0) + (packets[2]?.length ?? 0) + 1);
    expect(drain(framer)).toEqual(packets.slice(1));
    framer.push(wire('00'));
    expect(drain(framer)).toEqual([wire('c000')]);
  });

  test('views of packets stay good until the next push, wherever they lay', () => {
    const packets = [publish(30), publish(40), publish(20)];
    const bytes = concat(packets);
    const framer = new Framer(1000);
    framer.push(bytes.subarray(0, 10));
    framer.next();
    framer.release();
    framer.push(bytes.subarray(10, 60));
    framer.push(bytes.subarray(60));
    const views: Uint8Array[] = [];
    while (framer.next()) views.push(framer.buffer.subarray(framer.start, framer.end));
    framer.release();
    expect(views).toEqual(packets);
  });

  test('only the packet that straddles two chunks is copied', () => {
    const first = publish(100);
    const second = publish(5000);
    const bytes = concat([first, second]);
    const framer = new Framer(10_000);
    framer.push(bytes.subarray(0, 50));
    framer.next();
    framer.release();
    const rest = bytes.subarray(50);
    framer.push(rest);
    expect(framer.next()).toBe(true);
    expect(framer.buffer.buffer).not.toBe(rest.buffer);
    expect(framer.next()).toBe(true);
    expect(framer.buffer).toBe(rest);
  });

  test('a changed maximum holds for the next packet', () => {
    const framer = new Framer(1000);
    framer.push(concat([publish(100), publish(100)]));
    expect(framer.next()).toBe(true);
    framer.maximumPacketSize = 100;
    expect(() => framer.next()).toThrow('more than 100 bytes');
  });

  test('the largest packet that the maximum allows passes', () => {
    const packet = publish(100);
    const framer = new Framer(packet.length);
    framer.push(packet);
    expect(drain(framer)).toEqual([packet]);
  });

  test('a big packet in many small chunks is copied a bounded number of times, into buffers bounded by what has come', () => {
    const packet = publish(1_000_000);
    const framer = new Framer(2_000_000);
    let copied = 0;
    const set = spyOn(Uint8Array.prototype, 'set');
    const original = Object.getPrototypeOf(Uint8Array.prototype).set;
    set.mockImplementation(function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
      copied += source.length;
      Reflect.apply(original, this, [source, offset]);
    });
    try {
      for (let i = 0; i < packet.length; i += 100) {
        framer.push(packet.subarray(i, i + 100));
        if (i + 100 < packet.length) expect(framer.next()).toBe(false);
        else expect(framer.next()).toBe(true);
        if (i === 0) {
          framer.release();
          expect(framer.bufferedBytes).toBe(100);
        } else if (i + 100 < packet.length) framer.release();
      }
    } finally {
      set.mockRestore();
    }
    expect(copied).toBeGreaterThanOrEqual(packet.length);
    expect(copied).toBeLessThan(4 * packet.length);
    expect(framer.buffer.length).toBeLessThanOrEqual(2 * packet.length + 200);
    expect(framer.buffer.subarray(framer.start, framer.end)).toEqual(packet);
  });

  test('gives the same packets however the stream is cut and whenever its owner stops', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 12 });
    const cuts = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 40 });
    const turns = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 10 });
    const property = fc.property(sizes, cuts, turns, (sizes, cuts, turns) => {
      const packets = sizes.map(publish);
      const bytes = concat(packets);
      const framer = new Framer(1000);
      const seen: Uint8Array[] = [];
      let offset = 0;
      for (let i = 0; offset < bytes.length; i++) {
        const length = cuts[i] ?? bytes.length;
        const chunk = bytes.slice(offset, offset + length);
        offset += chunk.length;
        framer.push(chunk);
        let turn = turns[i % turns.length] ?? 0;
        while (turn-- > 0 && framer.next()) seen.push(framer.buffer.slice(framer.start, framer.end));
        if (i % 3 > 0) {
          framer.release();
          chunk.fill(0xee);
        }
      }
      seen.push(...drain(framer));
      expect(seen).toEqual(packets);
      expect(framer.bufferedBytes).toBe(0);
    });
    fc.assert(property, { seed, numRuns: 300 });
  });
});
