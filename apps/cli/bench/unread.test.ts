import { afterEach, expect, test } from 'bun:test';
import type { Socket, TCPSocketListener } from 'bun';
import { hasUnread } from './unread.ts';

let listener: TCPSocketListener | null = null;

afterEach(() => listener?.stop(true));

/** Two ends of a connection; what comes to the first one stays unread until it is resumed. */
async function ends(received: (bytes: Uint8Array) => void): Promise<[Socket, Socket]> {
  const accepted = Promise.withResolvers<Socket>();
  listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open: accepted.resolve, data() {} } });
  const client = await Bun.connect({
    hostname: '127.0.0.1',
    port: listener.port,
    socket: {
      open(socket) {
        socket.pause();
      },
      data: (_socket, bytes) => received(bytes),
    },
  });
  return [client, await accepted.promise];
}

test('bytes that nobody has read are seen, and not taken', async () => {
  const whole = Promise.withResolvers<string>();
  const [client, server] = await ends((bytes) => whole.resolve(new TextDecoder().decode(bytes)));
  expect(hasUnread(client)).toBe(false);
  server.write('waiting');
  while (hasUnread(client) === false) await new Promise(setImmediate);
  client.resume();
  expect(await whole.promise).toBe('waiting');
  expect(hasUnread(client)).toBe(false);
});

test('of what is no socket of the system it is not known', () => {
  expect(hasUnread({})).toBeNull();
});
