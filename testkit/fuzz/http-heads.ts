import type { Random } from '../random.ts';
import { chance, pick } from './chance.ts';

const requestLines = ['GET /mqtt HTTP/1.1', 'GET /mqtt/?x=1 HTTP/1.1', 'GET / HTTP/1.1', 'POST /mqtt HTTP/1.1'];
const oddLines = ['GET /mqtt HTTP/1.0', 'PRI * HTTP/2.0', 'GET  /mqtt HTTP/1.1', 'get /mqtt HTTP/1.1', ''];
const headers: readonly (readonly [name: string, usual: string, others: readonly string[]])[] = [
  ['Host', 'd1.berth.test:8084', ['', 'D1.Berth.Test.', '[::1]:8084', 'a b', '\u00e9']],
  ['Upgrade', 'websocket', ['WebSocket', 'h2c', 'h2c, websocket', '']],
  ['Connection', 'Upgrade', ['keep-alive, Upgrade', 'close', '']],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==', ['', 'dGhlIHNhbXBsZQ==', 'dGhlIHNhbXBsZSBub25jZR==']],
  ['Sec-WebSocket-Version', '13', ['8', '13, 8', '']],
  ['Sec-WebSocket-Protocol', 'mqtt', ['mqttv3.1', 'chat, mqtt', 'chat', '', ',mqtt,', 'MQTT']],
];
const extras = [
  'Origin: null',
  'Content-Length: 0',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'X: \t y \t',
  ' folded',
];
const oddBits = ['\r', '\n', '\0', ':', ' ', '\u00ff', '\t', ',,', '%'];

/** The head of an upgrade request without the empty line behind it: mostly in order. */
export function httpHead(random: Random): string {
  const lines = [
    chance(random, 90) ? pick(random, requestLines.slice(0, 2)) : pick(random, [...requestLines, ...oddLines]),
  ];
  for (const [name, usual, others] of headers) {
    if (chance(random, 3)) continue;
    const value = chance(random, 93) ? usual : pick(random, others);
    const spelled = chance(random, 10) ? name.toLowerCase() : name;
    lines.push(`${spelled}:${chance(random, 90) ? ' ' : ''}${value}`);
    if (chance(random, 3)) lines.push(`${name}: ${pick(random, others)}`);
  }
  if (chance(random, 20)) lines.push(pick(random, extras));
  if (chance(random, 10)) lines.push(`Cookie: ${'x'.repeat(random.between(0, 300))}`);
  const head = lines.join('\r\n');
  if (!chance(random, 8)) return head;
  const at = random.between(0, head.length + 1);
  return head.slice(0, at) + pick(random, oddBits) + head.slice(at);
}
