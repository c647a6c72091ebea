import { describe, expect, test } from 'bun:test';
import type { Connection } from './connection.ts';
import { firstCertificate } from './test-certificates.ts';
import { TestClient } from './test-client.ts';
import { LoneConnection } from './test-lone-connection.ts';
import { TestEdge } from './test-edge.ts';
import { descriptorBetween, socketOption } from './test-kernel-socket.ts';

const onLinux = process.platform === 'linux';

/** How many connections are made until one is looked at in time. */
const attempts = 50;

/**
 * TCP_QUICKACK on the side of the server. The kernel clears it when something is sent in answer, as in the handshake: it stands where
 * it was asked for since. Null on a system that has no such option.
 */
function acknowledgesNow(port: number, client: TestClient): boolean | null {
  if (!onLinux) return null;
  return socketOption(descriptorBetween(port, client.socket.localPort ?? 0), 6, 12) === 1;
}

describe('the end of the TLS handshake is acknowledged at the end of the turn', () => {
  for (const kind of ['mqtts', 'wss'] as const) {
    for (const first of ['', 'G']) {
      test(`where ${first === '' ? 'nothing' : 'the beginning of a packet'} has come with it, on ${kind}`, async () => {
        using core = new TestEdge();
        const { port } = core.edge.listenTls(kind, '127.0.0.1', 0, firstCertificate);
        // The kernel asks for it by itself when its own timer has run out, after 40 ms: on a busy machine that may be before it is looked at.
        let wasSetBefore = true;
        for (let attempt = 1; wasSetBefore && attempt <= attempts; attempt++) {
          using client = await TestClient.tls(port);
          client.write(first);
          wasSetBefore = acknowledgesNow(port, client) ?? false;
          let turnIsOver = false;
          core.beforeFlush = () => {
            turnIsOver = core.edge.handshakeCount === 0;
          };
          await core.until(() => turnIsOver);
          expect(acknowledgesNow(port, client)).toBe(onLinux ? true : null);
        }
        expect(wasSetBefore).toBe(false);
      });
    }
  }
});

describe('an acknowledgement of its own', () => {
  /** Whether the socket is asked for its descriptor at the end of the turn: for nothing else it is needed then. */
  function asksAtTurnEnd(inTheTurn: (connection: Connection) => void): boolean {
    const bench = new LoneConnection('mqtts');
    bench.connection.startTls(0x16);
    bench.connection.handshaken(true, null);
    inTheTurn(bench.connection);
    bench.descriptorReads = 0;
    bench.connection.handshakeTurnEnded();
    return bench.descriptorReads > 0;
  }

  test('goes to a client that gets nothing in the turn', () => {
    expect(asksAtTurnEnd(() => undefined)).toBe(true);
  });

  test('does not go to one that gets its CONNACK, nor to one that is gone', () => {
    expect(asksAtTurnEnd((connection) => connection.send(Uint8Array.of(0x20, 2, 0, 0), 0, 4))).toBe(false);
    expect(asksAtTurnEnd((connection) => connection.socketClosed(undefined))).toBe(false);
  });
});
