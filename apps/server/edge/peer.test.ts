import { expect, test } from 'bun:test';
import type { Socket } from 'bun';
import { once } from 'node:events';
import { connect } from 'node:net';
import { peerOf, type Peer } from './socket-options.ts';

/** What is said of a connection to a listener, beside what Bun says and what the client knows. */
async function seen(
  listenAt: string,
  connectTo: string,
): Promise<{ peer: Peer; bun: Peer; asked: boolean; clientPort: number }> {
  const accepted = Promise.withResolvers<{ peer: Peer; bun: Peer; asked: boolean }>();
  const open = (socket: Socket): void => {
    const bun = { address: socket.remoteAddress, port: socket.remotePort ?? 0 };
    let asked = false;
    const watched = {
      fd: 'fd' in socket ? socket.fd : -1,
      get remoteAddress() {
        asked = true;
        return bun.address;
      },
      remotePort: bun.port,
    };
    accepted.resolve({ peer: peerOf(watched), bun, asked });
  };
  const listener = Bun.listen({ hostname: listenAt, port: 0, socket: { open, data() {} } });
  const client = connect(listener.port, connectTo);
  try {
    const [{ peer, bun, asked }] = await Promise.all([accepted.promise, once(client, 'connect')]);
    return { peer, bun, asked, clientPort: client.localPort ?? 0 };
  } finally {
    client.destroy();
    listener.stop(true);
  }
}

const plain = (address: string | undefined): string | undefined => address?.replace('::ffff:', '');

test.each([
  ['127.0.0.1', '127.0.0.1', false],
  ['::', '127.0.0.1', false],
  ['::1', '::1', true],
])('the peer of a connection to %s, from %s; Bun is asked for it: %p', async (listenAt, address, bunIsAsked) => {
  const { peer, bun, asked, clientPort } = await seen(listenAt, address);
  expect(plain(peer.address)).toBe(address);
  expect(plain(bun.address)).toBe(address);
  expect([peer.port, bun.port]).toEqual([clientPort, clientPort]);
  expect(asked).toBe(bunIsAsked || process.platform !== 'linux');
});

test('what has no descriptor says itself whom it is connected to', () => {
  expect(peerOf({ remoteAddress: '2001:db8::1', remotePort: 5 })).toEqual({ address: '2001:db8::1', port: 5 });
  expect(peerOf({ remoteAddress: undefined, remotePort: undefined })).toEqual({ address: undefined, port: 0 });
});
