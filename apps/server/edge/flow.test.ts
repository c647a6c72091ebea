import { describe, expect, test } from 'bun:test';
import type { EdgeLimits } from './options.ts';
import { TestClient, patternBytes } from './test-client.ts';
import { recordsPerSecond } from './record-budget.ts';
import { firstCertificate } from './test-certificates.ts';
import { TestEdge, testDeployment } from './test-edge.ts';

const MiB = 1024 * 1024;

/** Bytes and back-pressure are the same on a plain and on a TLS connection. */
for (const kind of ['mqtt', 'mqtts'] as const) {
  const listen = (limits: Partial<EdgeLimits> = {}) => {
    const core = new TestEdge(limits);
    const { port } =
      kind === 'mqtts'
        ? core.edge.listenTls(kind, '127.0.0.1', 0, firstCertificate)
        : core.edge.listenPlain(kind, '127.0.0.1', 0, testDeployment);
    const connect = (): Promise<TestClient> => (kind === 'mqtts' ? TestClient.tls(port) : TestClient.tcp(port));
    return { core, edge: core.edge, connect, [Symbol.dispose]: () => core[Symbol.dispose]() };
  };

  describe(`sending on ${kind}`, () => {
    test('what is sent in one turn arrives together and in order, and the edge keeps no reference to it', async () => {
      using server = listen();
      using client = await server.connect();
      const { id } = await server.core.opened();
      const packet = new Uint8Array(40);
      let buffered = 0;
      for (let index = 0; index < 200; index++) {
        packet.fill(index);
        buffered = server.edge.send(id, packet);
      }
      // The first packets on TLS leave one by one, each in a record of its own.
      expect(buffered).toBe(kind === 'mqtts' ? 8_000 - 40 * recordsPerSecond : 8_000);
      packet.fill(255);
      const bytes = await client.receive(8_000);
      expect([...bytes]).toEqual(Array.from({ length: 8_000 }, (_, index) => Math.floor(index / 40)));
    });

    test('beforeFlush comes after the inputs of a turn and before its bytes leave', async () => {
      using server = listen();
      using client = await server.connect();
      const { id } = await server.core.opened();
      server.core.beforeFlush = () => {
        server.core.beforeFlush = () => undefined;
        server.edge.send(id, Buffer.from('from beforeFlush'));
      };
      server.edge.send(id, Buffer.from('first, '));
      expect((await client.receive(23)).toString()).toBe('first, from beforeFlush');
    });

    test('sendMany reaches all that are there', async () => {
      using server = listen();
      const clients = [await server.connect(), await server.connect(), await server.connect()];
      await server.core.opened(2);
      const ids = server.core.connections.map((connection) => connection.id);
      clients[1]?.socket.destroy();
      const [, second] = server.core.connections;
      if (second !== undefined) await server.core.closed(second);
      server.edge.sendMany(ids, Buffer.from('all'));
      for (const client of [clients[0], clients[2]]) {
        expect((await client?.receive(3))?.toString()).toBe('all');
        client?.socket.destroy();
      }
      expect(server.core.wrongs).toEqual([]);
    });

    for (const size of [1, 64, 2_047, 2_048, 2_049, 16_384, 65_535, 65_536, 65_537, 3 * MiB]) {
      test(`${size} bytes at a time arrive bit for bit`, async () => {
        using server = listen();
        using client = await server.connect();
        const { id } = await server.core.opened();
        const bytes = patternBytes(Math.min(size * 7, 6 * MiB));
        for (let start = 0; start < bytes.length; start += size)
          server.edge.send(id, bytes.subarray(start, start + size));
        expect(Buffer.compare(await client.receive(bytes.length), bytes)).toBe(0);
      });
    }

    test('a slow reader: the count grows, falls again as it reads, ends at 0, and all bytes are right', async () => {
      using server = listen();
      using client = await server.connect();
      client.socket.pause();
      const connection = await server.core.opened();
      const bytes = patternBytes(24 * MiB);
      let buffered = 0;
      // Packets of odd sizes, so that writes end at every possible place.
      for (let start = 0; start < bytes.length;) {
        const end = Math.min(bytes.length, start + 1 + ((start * 7) % 40_009));
        buffered = server.edge.send(connection.id, bytes.subarray(start, end));
        start = end;
      }
      expect(buffered).toBeGreaterThan(8 * MiB);
      await server.core.until(() => connection.drained.length > 0);
      expect(connection.drained[0]).toBeGreaterThan(8 * MiB);
      client.socket.resume();
      expect(Buffer.compare(await client.receive(bytes.length), bytes)).toBe(0);
      await server.core.until(() => connection.drained.at(-1) === 0);
      expect(connection.drained).toEqual(connection.drained.toSorted((a, b) => b - a));
      expect(new Set(connection.drained).size).toBe(connection.drained.length);
    });

    test('the core may send more from within drained', async () => {
      using server = listen();
      using client = await server.connect();
      client.socket.pause();
      const connection = await server.core.opened();
      const bytes = patternBytes(24 * MiB);
      let sent = 0;
      const refill = (): void => {
        while (sent < bytes.length) {
          const buffered = server.edge.send(connection.id, bytes.subarray(sent, (sent += 64 * 1024)));
          if (buffered > MiB) return;
        }
      };
      let told = 0;
      const push = connection.drained.push.bind(connection.drained);
      connection.drained.push = (count) => {
        told += 1;
        if (count < MiB / 2) refill();
        return push(count);
      };
      refill();
      client.socket.resume();
      expect(Buffer.compare(await client.receive(bytes.length), bytes)).toBe(0);
      expect(told).toBeGreaterThan(1);
    });

    test('a reader that never reads is cut at the hard limit', async () => {
      using server = listen({ bufferBytesMax: 2 * MiB });
      using client = await server.connect();
      client.socket.pause();
      const connection = await server.core.opened();
      const bytes = new Uint8Array(MiB);
      for (let count = 0; count < 40; count++) server.edge.send(connection.id, bytes);
      expect(await server.core.closed(connection)).toMatchObject({ kind: 'fault', fault: 'limit.outbound-buffer' });
    });

    test('end sends all that is buffered first', async () => {
      using server = listen();
      using client = await server.connect();
      client.socket.pause();
      const connection = await server.core.opened();
      const bytes = patternBytes(12 * MiB);
      server.edge.send(connection.id, bytes);
      server.edge.end(connection.id);
      expect(server.edge.send(connection.id, Buffer.from('too late'))).toBeGreaterThan(0);
      client.socket.resume();
      expect(await client.end()).toBe('ended');
      expect(Buffer.compare(client.bytes, bytes)).toBe(0);
      client.socket.destroy();
      expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
    });

    test('end to a reader that never reads is cut after the linger time', async () => {
      using server = listen();
      using client = await server.connect();
      client.socket.pause();
      const connection = await server.core.opened();
      server.edge.send(connection.id, new Uint8Array(24 * MiB));
      server.edge.end(connection.id);
      server.core.now += 5_000;
      expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
    });
  });

  describe(`receiving on ${kind}`, () => {
    test('a byte at a time', async () => {
      using server = listen();
      using client = await server.connect();
      const connection = await server.core.opened();
      const text = 'a slow writer';
      for (const [index, letter] of Array.from(text).entries()) {
        client.write(letter);
        await server.core.until(() => connection.receivedLength > index);
      }
      expect(Buffer.concat(connection.received).toString()).toBe(text);
    });

    test('pause really stops reading: the writer is held back; resume loses nothing, not even before a FIN', async () => {
      using server = listen();
      using client = await server.connect();
      const connection = await server.core.opened();
      const bytes = patternBytes(24 * MiB);
      const hash = new Bun.CryptoHasher('sha1');
      server.core.onData = (_, piece) => hash.update(piece);
      server.edge.pause(connection.id);
      client.socket.end(bytes);
      // What the kernel buffers take, and then nothing more: a connection beside it lives through many turns meanwhile.
      using other = await server.connect();
      const { id } = await server.core.opened(1);
      for (let turn = 1; turn <= 200; turn++) {
        server.edge.send(id, Uint8Array.of(turn & 0xff));
        await other.receive(turn);
      }
      expect(connection.receivedLength).toBeLessThan(MiB);
      expect(client.socket.writableLength).toBeGreaterThan(0);
      server.edge.resume(connection.id);
      expect(await server.core.closed(connection)).toEqual({ kind: 'peer' });
      expect(connection.receivedLength).toBe(bytes.length);
      expect(hash.digest('hex')).toBe(new Bun.CryptoHasher('sha1').update(bytes).digest('hex'));
    });

    test('pause and resume at every piece lose nothing', async () => {
      using server = listen();
      using client = await server.connect();
      const connection = await server.core.opened();
      const bytes = patternBytes(4 * MiB);
      const hash = new Bun.CryptoHasher('sha1');
      server.core.onData = ({ id }, piece) => {
        hash.update(piece);
        server.edge.pause(id);
        setImmediate(() => server.edge.resume(id));
      };
      client.write(bytes);
      await server.core.until(() => connection.receivedLength === bytes.length);
      expect(hash.digest('hex')).toBe(new Bun.CryptoHasher('sha1').update(bytes).digest('hex'));
    });

    test('a reset while paused is noticed', async () => {
      using server = listen();
      using client = await server.connect();
      const connection = await server.core.opened();
      server.edge.pause(connection.id);
      client.socket.resetAndDestroy();
      expect((await server.core.closed(connection)).kind).toBe('lost');
    });

    test('hundreds of connections that never speak stay, cost little and close', async () => {
      using server = listen();
      const clients = await Promise.all(Array.from({ length: 500 }, () => server.connect()));
      await server.core.opened(499);
      expect(server.edge.connectionCount).toBe(500);
      expect(server.edge.handshakeCount).toBe(0);
      for (const client of clients) client.socket.destroy();
      await server.core.until(() => server.core.connections.every((connection) => connection.closed !== null));
      expect(server.edge.connectionCount).toBe(0);
      expect(server.core.wrongs).toEqual([]);
    });
  });

  test(`connections above the limit are turned away on ${kind}`, async () => {
    using server = listen({ connections: 2 });
    using _first = await server.connect();
    using _second = await server.connect();
    await server.core.opened(1);
    await server.connect().then(
      (client) => client.end(),
      () => 'reset',
    );
    expect((await server.core.refused()).fault).toBe('server.busy');
    expect(server.edge.connectionCount).toBe(2);
  });
}
