import { describe, expect, test } from 'bun:test';
import { readServerName } from './client-hello.ts';
import { clientHello } from './test-client-hello.ts';

describe('the server name of a ClientHello', () => {
  const whole = clientHello({ serverName: 'plant-7.berth.localhost' });

  test('is read, and is none where there is none', () => {
    expect(readServerName(whole)).toBe('plant-7.berth.localhost');
    expect(readServerName(clientHello())).toBeNull();
  });

  test('is not known before it has come, at whatever byte it breaks off', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(readServerName(whole.subarray(0, length))).toBeUndefined();
    }
    const bare = clientHello();
    for (let length = 0; length < bare.length; length++)
      expect(readServerName(bare.subarray(0, length))).toBeUndefined();
  });

  test('is not known where the ClientHello is in several records, wherever they are cut', () => {
    const handshake = whole.subarray(5);
    for (let cut = 1; cut < handshake.length; cut++) {
      const records = [handshake.subarray(0, cut), handshake.subarray(cut)].map((part) =>
        Buffer.concat([Uint8Array.of(0x16, 3, 1, part.length >>> 8, part.length & 0xff), part]),
      );
      expect(readServerName(Buffer.concat(records))).toBeUndefined();
    }
  });

  test('is not looked for in what is no ClientHello', () => {
    expect(readServerName(Buffer.from('GET / HTTP/1.1\r\nHost: plant-7\r\n\r\n'))).toBeUndefined();
    expect(readServerName(Uint8Array.of(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0))).toBeUndefined();
  });

  test('of any changed bytes is a name, none or unknown, and never an error', () => {
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        expect(['string', 'object', 'undefined']).toContain(typeof readServerName(changed));
      }
    }
  });
});
