import { createHash } from 'node:crypto';
import type { FaultName } from '../../../../packages/faults/mod.ts';
import { listOf, parseHttpRequest } from './http-request.ts';
import type { HttpRequest } from './http-request.ts';

/** What becomes of an upgrade request, and the whole HTTP response to it. */
export type UpgradeOutcome =
  | { readonly kind: 'accepted'; readonly host: string | null; readonly response: string }
  | {
      readonly kind: 'refused';
      readonly host: string | null;
      readonly fault: FaultName;
      readonly detail: string;
      readonly response: string;
    };

const path = '/mqtt';
/** `mqttv3.1` is what clients of MQTT 3.1 still say. */
const subprotocols: ReadonlySet<string> = new Set(['mqtt', 'mqttv3.1']);
/** Base64 of 16 bytes. */
const webSocketKey = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Decides an upgrade request (RFC 6455 section 4.2).
 * @param head latin-1 text of the request up to the empty line, without it.
 */
export function decideUpgrade(head: string): UpgradeOutcome {
  const request = parseHttpRequest(head);
  if (typeof request === 'string') return refuse(null, 'websocket.bad-request', 400, request);
  const host = hostOf(request.headers.get('host'));
  if (request.path !== path && request.path !== `${path}/`) {
    return refuse(host, 'websocket.path', 404, `There is nothing here. MQTT over WebSocket is at ${path}.`);
  }
  const upgrade = listOf(request.headers.get('upgrade')).map((member) => member.toLowerCase());
  if (!upgrade.includes('websocket')) {
    return refuse(host, 'websocket.not-upgrade', 426, 'This is a WebSocket address: connect with an MQTT client.', [
      'Upgrade: websocket',
    ]);
  }
  const fault = requestFault(request, host);
  if (fault !== null) return refuse(host, 'websocket.bad-request', 400, fault);
  if (request.headers.get('sec-websocket-version') !== '13') {
    return refuse(host, 'websocket.bad-request', 426, 'The Sec-WebSocket-Version must be 13.', [
      'Sec-WebSocket-Version: 13',
      'Upgrade: websocket',
    ]);
  }
  // [MQTT-6.0.0-3] The client must offer "mqtt".
  const subprotocol = listOf(request.headers.get('sec-websocket-protocol')).find((offer) => subprotocols.has(offer));
  if (subprotocol === undefined) {
    return refuse(host, 'websocket.subprotocol', 400, 'The Sec-WebSocket-Protocol must contain mqtt or mqttv3.1.');
  }
  return { kind: 'accepted', host, response: acceptance(request.headers.get('sec-websocket-key') ?? '', subprotocol) };
}

/** What is wrong with an upgrade request besides its path and version; null if nothing. */
function requestFault(request: HttpRequest, host: string | null): string | null {
  const { headers } = request;
  if (request.method !== 'GET') return 'A WebSocket upgrade is a GET request.';
  if (host === null) return 'The Host header is missing.';
  const connection = listOf(headers.get('connection')).map((member) => member.toLowerCase());
  if (!connection.includes('upgrade')) return 'The Connection header must contain Upgrade.';
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0') {
    return 'A WebSocket upgrade has no content.';
  }
  if (!webSocketKey.test(headers.get('sec-websocket-key') ?? ''))
    return 'The Sec-WebSocket-Key must be 16 bytes in base64.';
  return null;
}

function acceptance(key: string, subprotocol: string): string {
  const accept = createHash('sha1').update(`${key}${guid}`).digest('base64');
  // [MQTT-6.0.0-4]
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    '\r\n',
  ].join('\r\n');
}

const statusTexts = {
  400: 'Bad Request',
  404: 'Not Found',
  426: 'Upgrade Required',
  431: 'Request Header Fields Too Large',
};

/** A refusal with one sentence of text for whoever reads it. */
export function refuse(
  host: string | null,
  fault: FaultName,
  status: keyof typeof statusTexts,
  sentence: string,
  headers: readonly string[] = [],
): UpgradeOutcome {
  const body = `${sentence}\n`;
  const response = [
    `HTTP/1.1 ${status} ${statusTexts[status]}`,
    ...headers,
    `Connection: ${['close', ...(status === 426 ? ['Upgrade'] : [])].join(', ')}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
  return { kind: 'refused', host, fault, detail: sentence, response };
}

/**
 * A response with the time in it (RFC 9110 section 6.6.1): whoever cannot connect because of a wrong clock learns it here, since MQTT
 * itself has no time.
 */
export function dated(response: string, now: Date): string {
  return response.replace('\r\n', () => `\r\nDate: ${now.toUTCString()}\r\n`);
}

/** The name in a Host header: lower case, without the port and without the dot that ends an absolute name. */
function hostOf(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  const name = value.toLowerCase().replace(/:\d*$/, '');
  // A copy: a piece of the request would keep all of it in memory, for as long as an event names the host.
  return Buffer.from(name.endsWith('.') ? name.slice(0, -1) : name).toString();
}
