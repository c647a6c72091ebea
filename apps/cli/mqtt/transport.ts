import { isIP, connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { ConnectionError, type Stage } from '../symptom.ts';
import { isLoopbackName, usesTls, type Target } from './target.ts';
import { upgradeToWebSocket } from './websocket.ts';

/** How TLS is checked. */
export interface TlsSettings {
  /** Certificates to trust (PEM); null is the ones of the system. */
  readonly ca: readonly string[] | null;
  /** SNI and the name that the certificate must carry; null is the host of the target. */
  readonly serverName: string | null;
  /** Accepts any certificate. */
  readonly insecure: boolean;
}

/** The SNI that will be sent; null where there is none: an IP address (RFC 6066 section 3), or no TLS. */
export function serverNameOf(target: Target, tls: TlsSettings): string | null {
  if (!usesTls(target.scheme)) return null;
  return tls.serverName ?? (isIP(target.host) === 0 ? target.host : null);
}

/**
 * Opens the way to an MQTT server: TCP, then TLS, then the WebSocket upgrade, as the scheme says.
 * MQTT.js could do this itself, but hides what goes wrong (under Bun, WebSocket errors have neither code nor status).
 * @param timeoutMs for each of the three.
 * @throws ConnectionError with what was seen.
 */
export async function openTransport(
  target: Target,
  tls: TlsSettings,
  subprotocol: string,
  timeoutMs: number,
): Promise<Duplex> {
  const socket = usesTls(target.scheme) ? await openTls(target, tls, timeoutMs) : await openTcp(target, timeoutMs);
  if (target.scheme === 'mqtt' || target.scheme === 'mqtts') return socket;
  const serverName = serverNameOf(target, tls);
  return upgradeToWebSocket(socket, {
    // The name that finds the deployment stands in the Host header too.
    host: hostHeader(serverName ?? target.host, target.port),
    sent: { tls: target.scheme === 'wss', serverName: serverName !== null },
    path: target.path,
    subprotocol,
    timeoutMs,
  });
}

function hostHeader(name: string, port: number): string {
  return `${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}

function openTcp(target: Target, timeoutMs: number): Promise<Socket> {
  const socket = connectTcp({ host: target.host, port: target.port, ...lookupFor(target.host) });
  return settle(socket, { event: 'connect', stage: () => 'tcp', sent: { tls: false, serverName: false }, timeoutMs });
}

function openTls(target: Target, tls: TlsSettings, timeoutMs: number): Promise<TLSSocket> {
  const serverName = serverNameOf(target, tls);
  const socket = connectTls({
    host: target.host,
    port: target.port,
    ...lookupFor(target.host),
    ...(serverName === null ? {} : { servername: serverName }),
    ...(tls.ca === null ? {} : { ca: [...tls.ca] }),
    rejectUnauthorized: !tls.insecure,
  });
  let stage: Stage = 'tcp';
  socket.once('connect', () => {
    stage = 'tls';
  });
  const sent = { tls: true, serverName: serverName !== null };
  return settle(socket, { event: 'secureConnect', stage: () => stage, sent, timeoutMs });
}

interface Opening {
  /** The event that says that the socket is open. */
  readonly event: 'connect' | 'secureConnect';
  readonly stage: () => Stage;
  readonly sent: { readonly tls: boolean; readonly serverName: boolean };
  readonly timeoutMs: number;
}

/** Resolves with the socket when it is open; rejects when it fails, closes, or takes too long. */
function settle<S extends Socket>(socket: S, { event, stage, sent, timeoutMs }: Opening): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: ConnectionError): void => {
      finish();
      // A late error of a socket that is given up must not end the process.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onError = (error: Error & { code?: string }): void => {
      fail(
        new ConnectionError(
          { kind: 'system', code: error.code ?? 'unknown', stage: stage(), message: messageOf(error), sent },
          { cause: error },
        ),
      );
    };
    const onClose = (): void => fail(new ConnectionError({ kind: 'closed', stage: stage(), tls: sent.tls }));
    const onReady = (): void => {
      finish();
      socket.setNoDelay(true);
      resolve(socket);
    };
    const timer = setTimeout(() => fail(new ConnectionError({ kind: 'timeout', stage: stage() })), timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      socket.off('error', onError).off('close', onClose).off(event, onReady);
    };
    socket.once('error', onError).once('close', onClose).once(event, onReady);
  });
}

/** Where several addresses were tried, the message is empty and the reasons stand inside. */
function messageOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((inner) => (inner instanceof Error ? inner.message : String(inner))).join(', ');
}

function lookupFor(host: string): { lookup?: LookupFunction } {
  return isLoopbackName(host) ? { lookup: lookupLoopback } : {};
}

/** Answers for `localhost` and names below it without asking a resolver. */
const lookupLoopback: LookupFunction = (_host, options, callback) => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  if (options.all === true) callback(null, addresses);
  else callback(null, '127.0.0.1', 4);
};
