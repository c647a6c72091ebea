import type { Socket } from 'node:net';
import { encode, PacketType } from '../../../packages/codec/mod.ts';
import { printable } from '../table.ts';
import { ConnectionError } from '../symptom.ts';
import { dial } from './dial.ts';
import { openTls, type Way } from './way.ts';

/** What a port speaks. */
export type Spoken =
  | { readonly kind: 'tls' | 'mqtt' | 'silent' | 'closes' }
  /** The first line of the answer. */
  | { readonly kind: 'http' | 'other'; readonly said: string };

/** How long each attempt waits for an answer. */
const patienceMsMax = 2500;

/**
 * Finds out what a port speaks, by saying something in each language to a connection of its own.
 * Only for a port that has not answered as it should: a server may take note of it.
 */
export async function identify(way: Way): Promise<Spoken> {
  const patienceMs = Math.min(patienceMsMax, way.request.connection.connectTimeoutMs);
  let hasClosed = false;
  for (const ask of [anonymousConnect, httpRequest(way)]) {
    const answer = await listen(way, ask, patienceMs);
    if (answer === 'closed') hasClosed = true;
    else if (answer !== null) return spokenIn(answer);
    if (ask === anonymousConnect && (await speaksTls(way, patienceMs))) return { kind: 'tls' };
  }
  return { kind: hasClosed ? 'closes' : 'silent' };
}

const anonymousConnect = encode(4, {
  type: PacketType.CONNECT,
  version: 4,
  bridge: false,
  cleanStart: true,
  keepAlive: 10,
  clientId: '',
  will: null,
  username: null,
  password: null,
  properties: null,
});

function httpRequest({ request, address }: Way): Uint8Array {
  const name = request.connection.tls.serverName ?? request.connection.target.host ?? address;
  return Buffer.from(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
}

/** The first bytes that come back; `closed` where the server hangs up without any, null where nothing comes. */
async function listen(way: Way, ask: Uint8Array, patienceMs: number): Promise<Buffer | 'closed' | null> {
  let socket: Socket;
  try {
    ({ socket } = await dial(way.world, way.address, way.request.connection.target.port, patienceMs));
  } catch {
    return 'closed';
  }
  const { promise, resolve } = Promise.withResolvers<Buffer | 'closed' | null>();
  const timer = setTimeout(() => resolve(null), patienceMs);
  socket.once('data', (chunk: Buffer) => resolve(chunk));
  socket.once('end', () => resolve('closed'));
  socket.once('close', () => resolve('closed'));
  socket.write(ask);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function spokenIn(answer: Buffer): Spoken {
  if (answer[0] === 0x20) return { kind: 'mqtt' };
  if (answer[0] === 0x15 || answer[0] === 0x16) return { kind: 'tls' };
  const said = printable((answer.toString('latin1').split(/\r?\n/, 1)[0] ?? '').slice(0, 80));
  // Berth says in HTTP that the port speaks MQTT.
  if (/^HTTP\/1\.[01] \d/.test(said)) {
    return answer.includes('this port speaks MQTT') ? { kind: 'mqtt' } : { kind: 'http', said };
  }
  return { kind: 'other', said };
}

async function speaksTls(way: Way, patienceMs: number): Promise<boolean> {
  try {
    (await openTls(way, patienceMs)).socket.destroy();
    return true;
  } catch (error) {
    // A named alert is TLS; bytes that cannot be read as a record, silence and a hang-up are not.
    return error instanceof ConnectionError && isAlert(error);
  }
}

/** Whether the other side refused in TLS, so that it speaks TLS at all. */
export function isAlert({ symptom }: ConnectionError): boolean {
  return (
    symptom.kind === 'system' &&
    symptom.stage === 'tls' &&
    symptom.code.startsWith('ERR_SSL_') &&
    !/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST|HTTPS_PROXY/.test(symptom.code)
  );
}
