import { describe, expect, test } from 'bun:test';
import { dated, decideUpgrade } from './upgrade.ts';

/** The example of RFC 6455 section 1.3, for MQTT. */
const good = {
  Host: 'Server.Example.com:8084',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol': 'mqtt',
  'Sec-WebSocket-Version': '13',
};

function request(headers: Record<string, string | null> = {}, line = 'GET /mqtt HTTP/1.1'): string {
  const all = Object.entries({ ...good, ...headers }).filter(([, value]) => value !== null);
  return [line, ...all.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
}

describe('an upgrade request is accepted', () => {
  test('with the answer of RFC 6455 section 1.3', () => {
    expect(decideUpgrade(request())).toEqual({
      kind: 'accepted',
      host: 'server.example.com',
      response: [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'Sec-WebSocket-Protocol: mqtt',
        '\r\n',
      ].join('\r\n'),
    });
  });

  const offers = [
    ['mqtt', 'mqtt'],
    ['mqttv3.1', 'mqttv3.1'],
    ['mqttv3.1, mqtt', 'mqttv3.1'],
    ['mqtt,mqttv3.1', 'mqtt'],
    ['chat , mqtt', 'mqtt'],
  ] as const;
  for (const [offer, chosen] of offers) {
    test(`with the subprotocol ${chosen} out of "${offer}" [MQTT-6.0.0-4]`, () => {
      const { response } = decideUpgrade(request({ 'Sec-WebSocket-Protocol': offer }));
      expect(response).toStartWith('HTTP/1.1 101 ');
      expect(response).toContain(`\r\nSec-WebSocket-Protocol: ${chosen}\r\n`);
    });
  }

  test('with subprotocols in two headers', () => {
    const text = `${request({ 'Sec-WebSocket-Protocol': 'chat' })}\r\nsec-websocket-protocol: mqtt`;
    expect(decideUpgrade(text).kind).toBe('accepted');
  });

  test('with a query, a slash behind the path, lists, other cases and further headers', () => {
    for (const line of ['GET /mqtt?a=b HTTP/1.1', 'GET /mqtt/ HTTP/1.1', 'GET /mqtt/?x HTTP/1.1']) {
      expect(decideUpgrade(request({}, line)).kind).toBe('accepted');
    }
    expect(decideUpgrade(request({ Connection: 'keep-alive, Upgrade', Upgrade: 'WebSocket' })).kind).toBe('accepted');
    expect(decideUpgrade(request({ Origin: 'https://a', 'Sec-WebSocket-Extensions': 'permessage-deflate' })).kind).toBe(
      'accepted',
    );
    expect(decideUpgrade(request().toLowerCase().replace('get /mqtt http/1.1', 'GET /mqtt HTTP/1.1')).kind).toBe(
      'refused',
    );
    expect(decideUpgrade(request().replace('Sec-WebSocket-Key', 'sEC-webSOCKET-kEY')).kind).toBe('accepted');
    expect(decideUpgrade(request({ 'X-Empty': '' })).kind).toBe('accepted');
  });

  const hosts = [
    ['a.berth.localhost', 'a.berth.localhost'],
    ['A.Berth.LocalHost.:8084', 'a.berth.localhost'],
    ['127.0.0.1:8084', '127.0.0.1'],
    ['[::1]:8084', '[::1]'],
  ] as const;
  for (const [header, host] of hosts) {
    test(`with the host ${header}`, () => {
      expect(decideUpgrade(request({ Host: header })).host).toBe(host);
    });
  }
});

describe('an upgrade request is refused', () => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ['another path', request({}, 'GET / HTTP/1.1'), 404, 'websocket.path'],
    ['a path that only begins so', request({}, 'GET /mqttx HTTP/1.1'), 404, 'websocket.path'],
    ['a path below', request({}, 'GET /mqtt/a HTTP/1.1'), 404, 'websocket.path'],
    ['no Upgrade header', request({ Upgrade: null }), 426, 'websocket.not-upgrade'],
    ['an upgrade to something else', request({ Upgrade: 'h2c' }), 426, 'websocket.not-upgrade'],
    ['POST', request({}, 'POST /mqtt HTTP/1.1'), 400, 'websocket.bad-request'],
    ['HTTP/1.0', request({}, 'GET /mqtt HTTP/1.0'), 400, 'websocket.bad-request'],
    ['an absolute target', request({}, 'GET http://a/mqtt HTTP/1.1'), 400, 'websocket.bad-request'],
    ['no target', request({}, 'GET HTTP/1.1'), 400, 'websocket.bad-request'],
    ['no Host', request({ Host: null }), 400, 'websocket.bad-request'],
    ['no Connection', request({ Connection: null }), 400, 'websocket.bad-request'],
    ['Connection without Upgrade', request({ Connection: 'keep-alive' }), 400, 'websocket.bad-request'],
    ['no key', request({ 'Sec-WebSocket-Key': null }), 400, 'websocket.bad-request'],
    ['a short key', request({ 'Sec-WebSocket-Key': 'YWJj' }), 400, 'websocket.bad-request'],
    ['no version', request({ 'Sec-WebSocket-Version': null }), 426, 'websocket.bad-request'],
    ['version 8', request({ 'Sec-WebSocket-Version': '8' }), 426, 'websocket.bad-request'],
    ['two hosts', `${request()}\r\nHost: b`, 400, 'websocket.bad-request'],
    ['two keys', `${request()}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`, 400, 'websocket.bad-request'],
    ['content', request({ 'Content-Length': '3' }), 400, 'websocket.bad-request'],
    ['chunks', request({ 'Transfer-Encoding': 'chunked' }), 400, 'websocket.bad-request'],
    ['a header without a colon', `${request()}\r\nnonsense`, 400, 'websocket.bad-request'],
    ['a space before the colon', `${request()}\r\nA : b`, 400, 'websocket.bad-request'],
    ['a folded header', `${request()}\r\n folded`, 400, 'websocket.bad-request'],
    ['a bare line feed', `${request()}\nA: b`, 400, 'websocket.bad-request'],
    ['a zero byte', `${request()}\r\nA: \0`, 400, 'websocket.bad-request'],
    ['no subprotocol [MQTT-6.0.0-3]', request({ 'Sec-WebSocket-Protocol': null }), 400, 'websocket.subprotocol'],
    ['a foreign subprotocol', request({ 'Sec-WebSocket-Protocol': 'wamp' }), 400, 'websocket.subprotocol'],
    ['a subprotocol in another case', request({ 'Sec-WebSocket-Protocol': 'MQTT' }), 400, 'websocket.subprotocol'],
  ];
  for (const [name, text, status, fault] of cases) {
    test(`with ${status} for ${name}`, () => {
      const outcome = decideUpgrade(text);
      expect(outcome).toMatchObject({ kind: 'refused', fault });
      expect(outcome.response).toStartWith(`HTTP/1.1 ${status} `);
      const [head = '', body = ''] = outcome.response.split('\r\n\r\n');
      expect(head).toContain(`Content-Length: ${body.length}`);
      // A sentence for the person who looks at it.
      expect(body).toMatch(/^[A-Za-z].{10,}\n$/);
      if (status === 426) expect(head).toContain('Connection: close, Upgrade');
    });
  }

  test('a wrong version is told the right one', () => {
    expect(decideUpgrade(request({ 'Sec-WebSocket-Version': '8' })).response).toContain(
      'Sec-WebSocket-Version: 13\r\n',
    );
  });
});

test('every response tells the time', () => {
  const now = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));
  const { response } = decideUpgrade('GET /elsewhere HTTP/1.1\r\nHost: a');
  expect(dated(response, now)).toStartWith(
    'HTTP/1.1 404 Not Found\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nConnection: close\r\n',
  );
});
