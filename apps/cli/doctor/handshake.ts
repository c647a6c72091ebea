import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls';
import { ConnectionError } from '../symptom.ts';

/** How to shake hands. */
export interface HandshakeOptions {
  /** SNI; null sends none. */
  readonly serverName: string | null;
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  readonly timeoutMs: number;
  /** Lets the TLS library judge the certificate as every client does; null accepts any. */
  readonly verify: Verification | null;
}

/** What a certificate is judged by. */
export interface Verification {
  /** Trusted roots, PEM. */
  readonly roots: readonly string[];
  /** The name or IP address that it must carry. */
  readonly name: string;
}

/** TLS over an open connection. The certificate is not judged here. */
export interface Secured {
  readonly socket: TLSSocket;
  readonly milliseconds: number;
  /** For example `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** As the server sent them, its own first. */
  readonly chain: readonly X509Certificate[];
}

/** Longest chain that is looked at. */
const chainLengthMax = 12;

/**
 * Shakes hands over an open TCP connection. Without `verify` any certificate is accepted, so that all that is wrong with it can be told.
 * @throws ConnectionError of the stage `tls`; the connection is closed then.
 */
export async function handshake(raw: Socket, options: HandshakeOptions): Promise<Secured> {
  const { serverName, minVersion, maxVersion, timeoutMs, verify } = options;
  const start = performance.now();
  const socket = connect({
    socket: raw,
    rejectUnauthorized: verify !== null,
    ...(verify === null
      ? {}
      : {
          ca: [...verify.roots],
          checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
            checkServerIdentity(verify.name, certificate),
        }),
    minVersion,
    maxVersion,
    ...(serverName === null ? {} : { servername: serverName }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: ConnectionError): void => {
    socket.destroy();
    raw.destroy();
    reject(error);
  };
  const timer = setTimeout(() => fail(new ConnectionError({ kind: 'timeout', stage: 'tls' })), timeoutMs);
  socket.on('error', (error: Error & { code?: string }) => {
    const sent = { tls: true, serverName: serverName !== null };
    const { code = 'unknown', message } = error;
    fail(new ConnectionError({ kind: 'system', code, stage: 'tls', message, sent }, { cause: error }));
  });
  socket.once('close', () => fail(new ConnectionError({ kind: 'closed', stage: 'tls', tls: true })));
  socket.once('secureConnect', () => resolve());
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
  return {
    socket,
    milliseconds: performance.now() - start,
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    chain: chainOf(socket.getPeerCertificate(true)),
  };
}

/** Null where it cannot be read: what the TLS library takes, this reader may not. */
function readCertificate(raw: Buffer): X509Certificate | null {
  try {
    return new X509Certificate(raw);
  } catch {
    return null;
  }
}

function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let current: DetailedPeerCertificate | undefined = leaf;
  while (current?.raw !== undefined && chain.length < chainLengthMax) {
    const certificate = readCertificate(current.raw);
    if (certificate === null) break;
    chain.push(certificate);
    const next: DetailedPeerCertificate | undefined = current.issuerCertificate;
    if (next === current || next?.fingerprint256 === current.fingerprint256) break;
    current = next;
  }
  return chain;
}
