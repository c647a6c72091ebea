import type { Socket } from 'bun';
import { connectPacket, disconnectPacket } from '../../testkit/packets.ts';
import { Framer } from '../../packages/codec/mod.ts';
import type { Target } from './target.ts';

const packetBytesMax = 1024 * 1024;
/** A session that gives nothing for so long has nothing more. */
const quietMs = 2_000;

/** Goes back to a session (MQTT 3.1.1, TLS), acknowledges what has waited in it, and leaves. @returns how many messages came. */
export async function collect(target: Target, clientId: string, expected: number): Promise<number> {
  const { port, username, password } = target;
  const framer = new Framer(packetBytesMax);
  const done = Promise.withResolvers<void>();
  let received = 0;
  let lastAt = performance.now();
  const handle = (socket: Socket, bytes: Uint8Array): void => {
    lastAt = performance.now();
    const answers: number[] = [];
    framer.push(bytes);
    while (framer.next()) {
      const { header, buffer, bodyStart } = framer;
      if (header >> 4 !== 3) continue;
      received++;
      const at = bodyStart + 2 + (((buffer[bodyStart] ?? 0) << 8) | (buffer[bodyStart + 1] ?? 0));
      answers.push(0x40, 2, buffer[at] ?? 0, buffer[at + 1] ?? 0);
    }
    framer.release();
    if (answers.length > 0) socket.write(Uint8Array.from(answers));
    if (received >= expected) done.resolve();
  };
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    tls: { serverName: 'localhost', rejectUnauthorized: false },
    socket: {
      handshake: (own) =>
        void own.write(connectPacket({ version: 4, clientId, username, password, keepAlive: 0, clean: false })),
      data: handle,
      close: () => done.resolve(),
      error: () => undefined,
    },
  });
  const timer = setInterval(() => {
    if (performance.now() - lastAt > quietMs) done.resolve();
  }, 100);
  await done.promise;
  clearInterval(timer);
  socket.write(disconnectPacket);
  socket.end();
  return received;
}
