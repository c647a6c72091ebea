import { isIP } from 'node:net';
import type { SecureVersion } from 'node:tls';
import type { Duplex } from 'node:stream';
import { ConnectionError } from '../symptom.ts';
import { usesTls } from '../mqtt/target.ts';
import { requestUpgrade, type UpgradeAnswer } from '../mqtt/websocket.ts';
import { dial } from './dial.ts';
import { handshake, type Secured } from './handshake.ts';
import { expectedNameOf, rootsOf, type DoctorRequest } from './request.ts';
import type { World } from './world.ts';

/** The way to the server that the examination has found so far. Steps that learn more hand on a changed copy. */
export interface Way {
  readonly world: World;
  readonly request: DoctorRequest;
  /** The IP address that answers. */
  readonly address: string;
  /** SNI; null sends none. */
  readonly serverName: string | null;
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** Of the WebSocket upgrade. */
  readonly path: string;
  readonly subprotocol: string;
  /** Whether the TLS library judges the certificate too: always before a password goes out, unless --insecure was given. */
  readonly verified: boolean;
}

/** What carries MQTT on this way, for diagnosis. */
export function sentOf(way: Way): { tls: boolean; serverName: boolean } {
  return { tls: usesTls(way.request.connection.target.scheme), serverName: way.serverName !== null };
}

export function isWebSocket({ request }: Way): boolean {
  return request.connection.target.scheme === 'ws' || request.connection.target.scheme === 'wss';
}

/** @throws ConnectionError */
export async function openTls(way: Way, timeoutMs = way.request.connection.connectTimeoutMs): Promise<Secured> {
  const { world, request, address, serverName, minVersion, maxVersion } = way;
  const { socket } = await dial(world, address, request.connection.target.port, timeoutMs);
  const verify = way.verified ? { roots: rootsOf(request), name: expectedNameOf(request) } : null;
  return handshake(socket, { serverName, minVersion, maxVersion, timeoutMs, verify });
}

/** TCP, and TLS where the scheme has it. @throws ConnectionError */
export async function openSocket(way: Way, timeoutMs = way.request.connection.connectTimeoutMs) {
  if (sentOf(way).tls) return (await openTls(way, timeoutMs)).socket;
  return (await dial(way.world, way.address, way.request.connection.target.port, timeoutMs)).socket;
}

/** The WebSocket upgrade on a connection of its own. @throws ConnectionError where no answer in HTTP came. */
export async function upgrade(way: Way): Promise<UpgradeAnswer> {
  const { connection } = way.request;
  const name = way.serverName ?? connection.tls.serverName ?? connection.target.host;
  return requestUpgrade(await openSocket(way), {
    host: `${isIP(name) === 6 ? `[${name}]` : name}:${connection.target.port}`,
    path: way.path,
    subprotocol: way.subprotocol,
    sent: sentOf(way),
    timeoutMs: connection.connectTimeoutMs,
  });
}

/** A byte stream that MQTT can be spoken on. @throws ConnectionError */
export async function openStream(way: Way): Promise<Duplex> {
  if (!isWebSocket(way)) return openSocket(way);
  const { stream, status, body } = await upgrade(way);
  if (stream === null) throw new ConnectionError({ kind: 'http', status, body: body.toString('utf8') });
  return stream;
}
