import { describe, expect, test } from 'bun:test';
import { CliError } from '../exit.ts';
import { isLoopbackName, parseTarget } from './target.ts';

function target(options: Parameters<typeof parseTarget>[0]): string {
  const { scheme, host, port, path } = parseTarget(options).target;
  return `${scheme} ${host} ${port} ${path}`;
}

describe('where to connect', () => {
  const cases: readonly (readonly [Parameters<typeof parseTarget>[0], string])[] = [
    [{}, 'mqtts localhost 8883 /mqtt'],
    [{ port: 1234 }, 'mqtts localhost 1234 /mqtt'],
    [{ host: 'K3x9.Berth.Localhost' }, 'mqtts k3x9.berth.localhost 8883 /mqtt'],
    [{ host: 'example.com', port: 9 }, 'mqtts example.com 9 /mqtt'],
    [{ host: 'example.com:9' }, 'mqtts example.com 9 /mqtt'],
    [{ host: '::1' }, 'mqtts ::1 8883 /mqtt'],
    [{ host: '[::1]:77' }, 'mqtts ::1 77 /mqtt'],
    [{ host: 'bücher.example' }, 'mqtts xn--bcher-kva.example 8883 /mqtt'],
    [{ url: 'mqtts://localhost' }, 'mqtts localhost 8883 /mqtt'],
    [{ url: 'MQTT://localhost' }, 'mqtt localhost 1883 /mqtt'],
    [{ url: 'ws://localhost' }, 'ws localhost 8083 /mqtt'],
    [{ url: 'ws://localhost:80/mqtt' }, 'ws localhost 80 /mqtt'],
    [{ url: 'wss://localhost:443/other?a=b' }, 'wss localhost 443 /other?a=b'],
    [{ url: 'wss://localhost' }, 'wss localhost 8084 /mqtt'],
    [{ host: 'wss://localhost' }, 'wss localhost 8084 /mqtt'],
    [{ url: 'ssl://localhost', port: 1 }, 'mqtts localhost 1 /mqtt'],
    [{ url: 'mqtts://localhost:5', port: 5 }, 'mqtts localhost 5 /mqtt'],
  ];
  for (const [options, expected] of cases) {
    test(`${JSON.stringify(options)} is ${expected}`, () => expect(target(options)).toBe(expected));
  }

  test('a URL may carry user name and password', () => {
    const { username, password } = parseTarget({ url: 'mqtts://us%40er:p%3Aw@localhost' });
    expect([username, password]).toEqual(['us@er', 'p:w']);
  });

  test('a mistake in the address does not show the password in it', () => {
    for (const url of ['mqtts://user:secret@', 'mqtts://user:secret@two words', 'mqtts://user:secret%@host']) {
      let message = '';
      try {
        parseTarget({ url });
      } catch (error) {
        message = String(error);
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('secret');
    }
  });

  test('contradictions and nonsense are usage errors', () => {
    for (const options of [
      { url: 'mqtts://a', host: 'b' },
      { url: 'mqtts://a:1', port: 2 },
      { url: 'http://a' },
      { url: 'mqtts://' },
      { url: 'mqtts://a:0' },
      { url: 'mqtts://a:65536' },
      { host: 'two words' },
      { url: 'mqtts://user:100%@localhost' },
    ]) {
      expect(() => parseTarget(options)).toThrow(CliError);
    }
  });
});

test('localhost and everything below it is this machine', () => {
  for (const name of ['localhost', 'LOCALHOST.', 'a.localhost', 'k3x9.berth.localhost'])
    expect(isLoopbackName(name)).toBe(true);
  for (const name of ['localhost.example', 'notlocalhost', '127.0.0.1']) expect(isLoopbackName(name)).toBe(false);
});
