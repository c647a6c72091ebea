import type { Socket } from 'node:net';
import { ConnectionError } from '../symptom.ts';
import type { World } from './world.ts';

/** An open TCP connection, and how long it took. */
export interface Dialled {
  readonly socket: Socket;
  readonly milliseconds: number;
}

/** Opens a TCP connection. @throws ConnectionError of the stage `tcp`. */
export async function dial(world: World, address: string, port: number, timeoutMs: number): Promise<Dialled> {
  const start = performance.now();
  const socket = world.dial(address, port);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: ConnectionError): void => {
    socket.destroy();
    reject(error);
  };
  const timer = setTimeout(() => fail(new ConnectionError({ kind: 'timeout', stage: 'tcp' })), timeoutMs);
  // For the life of the socket: an error that comes late must not end the process.
  socket.on('error', (error: Error & { code?: string }) => {
    const sent = { tls: false, serverName: false };
    const { code = 'unknown', message } = error;
    fail(new ConnectionError({ kind: 'system', code, stage: 'tcp', message, sent }, { cause: error }));
  });
  socket.once('close', () => fail(new ConnectionError({ kind: 'closed', stage: 'tcp', tls: false })));
  socket.once('connect', () => resolve());
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
  socket.setNoDelay(true);
  return { socket, milliseconds: performance.now() - start };
}
