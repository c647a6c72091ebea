import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connectPacket, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import { Random } from '../../testkit/random.ts';
import { RawClient, type RawOptions } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';
import { clientHello, dial, gone, Guests } from './guests.ts';

/** Handshakes and CONNECT have 30 s each; what waits for that has this. */
const patientMs = 90_000;
const mebibyte = 1024 * 1024;

const service = await Service.start();
const { mqtts, wss } = service.ready;
const guests = new Guests(service, readFileSync(service.ready.ca, 'utf8'));
let hello: Uint8Array;

beforeAll(async () => {
  hello = await clientHello();
  await guests.canary();
});

afterAll(() => service[Symbol.asyncDispose]());

describe('noise', () => {
  const ways: readonly (readonly [name: string, options: RawOptions])[] = [
    ['on the TLS port', { transport: 'tcp', port: mqtts }],
    ['on the WebSocket port', { transport: 'tcp', port: wss }],
    ['inside TLS', { transport: 'tls', port: mqtts }],
    ['inside TLS, where an upgrade is expected', { transport: 'tls', port: wss }],
    ['inside WebSocket frames', { transport: 'wss', port: wss }],
  ];
  for (const [name, options] of ways) {
    test(
      `random bytes ${name}: each guest is an event with a fault, and the service goes on`,
      async () => {
        const random = new Random(20260101);
        const before = await guests.faults();
        const count = 100;
        for (let guest = 0; guest < count; guest += 1) {
          await using client = await RawClient.connect(options);
          client.send(random.bytes(random.between(1, 600)));
          client.end();
          await client.closed();
        }
        await guests.counted(before, count);
        await guests.canary();
      },
      patientMs,
    );
  }

  test('random bytes between WebSocket frames', async () => {
    const random = new Random(7);
    const before = await guests.faults();
    for (let guest = 0; guest < 50; guest += 1) {
      await using client = await RawClient.connect({ transport: 'wss', port: wss });
      client.sendRaw(random.bytes(random.between(2, 200)));
      client.end();
      await client.closed();
    }
    await guests.counted(before, 50);
    await guests.canary();
  });

  test('random packets of clients that have connected', async () => {
    const random = new Random(11);
    const before = await guests.faults();
    for (let guest = 0; guest < 100; guest += 1) {
      await using client = await guests.member(`noise-${guest}`);
      const body = random.bytes(random.between(0, 100));
      // The types 0 and 15 are wrong with any body: so every guest is at fault.
      client.send(Uint8Array.of(random.between(0, 2) === 0 ? 0x00 : 0xf0, body.length, ...body));
      await client.closed();
    }
    await guests.counted(before, 100);
    await guests.canary();
  });
});

describe('handshakes and connections that are cut', () => {
  test('a handshake that ends after any number of bytes', async () => {
    const before = await guests.faults();
    const cuts = Array.from({ length: 60 }, (_, index) => Math.max(1, Math.floor((hello.length * index) / 60)));
    for (const [index, cut] of cuts.entries()) {
      const socket = await dial(mqtts);
      socket.resume();
      await new Promise((resolve) => socket.write(hello.subarray(0, cut), resolve));
      if (index % 2 === 0) socket.end();
      else socket.resetAndDestroy();
      await gone(socket);
    }
    await guests.counted(before, cuts.length);
    await guests.canary();
  });

  test('clients that reset their connection', async () => {
    const before = await guests.faults();
    for (let guest = 0; guest < 50; guest += 1) {
      const client = await guests.member(`reset-${guest}`);
      client.reset();
    }
    await guests.counted(before, 50);
    await guests.canary();
  });

  test('a peer that closes its half before it has said anything', async () => {
    const before = await guests.faults();
    for (let guest = 0; guest < 20; guest += 1) {
      const socket = await dial(mqtts, { allowHalfOpen: true });
      const ended = once(socket, 'end');
      socket.resume();
      socket.end();
      await ended;
      socket.destroy();
    }
    await guests.counted(before, 20);
  });

  test('a peer that vanishes without a word is found by its keep-alive', async () => {
    const before = await guests.faults('connection.keep-alive');
    await using client = await guests.member('vanished', { keepAlive: 1 });
    await client.closed();
    await guests.counted(before, 1, 'connection.keep-alive');
  });
});

describe('the slow', () => {
  test('a CONNECT that comes a byte at a time is served', async () => {
    await using client = await RawClient.connect({ transport: 'tls', port: mqtts });
    const { username } = service.ready;
    for (const byte of connectPacket({ version: 4, clientId: 'slow-writer', username, password: service.password })) {
      await new Promise((resolve) => client.socket.write(Uint8Array.of(byte), resolve));
    }
    await client.expect('20 02 00 00');
  });

  test(
    'a reader that stops reading costs bounded memory, loses QoS 0 messages that are counted, and slows nobody',
    async () => {
      const dropped = async () =>
        [...(await service.metrics())].reduce(
          (sum, [name, value]) => sum + (/^berth_messages_dropped_total\{.*reason="buffer"/.test(name) ? value : 0),
          0,
        );
      const before = { bytes: service.residentBytes(), dropped: await dropped() };
      await using slow = await guests.member('slow-reader');
      await using quick = await guests.member('quick-reader');
      for (const client of [slow, quick]) {
        client.send(subscribePacket(4, 1, 'flood', 0));
        await client.expect('90 03 00 01 00');
      }
      slow.socket.pause();
      await using publisher = await guests.member('flooder');
      const packet = publishPacket(4, { topic: 'flood', payload: 'x'.repeat(64 * 1024) });
      for (let message = 0; message < 1024; message += 1) {
        publisher.send(packet);
        await quick.nextPacket();
      }
      await guests.canary();
      expect(await dropped()).toBeGreaterThan(before.dropped);
      expect(service.residentBytes() - before.bytes).toBeLessThan(128 * mebibyte);
    },
    patientMs,
  );
});

test(
  '5,000 connections that never speak: bounded memory, others are served, and each is closed and counted',
  async () => {
    const addresses = 50;
    const perAddress = 100;
    const before = { bytes: service.residentBytes(), faults: await guests.faults() };
    const silent: Socket[] = [];
    for (let address = 0; address < addresses; address += 1) {
      // Linux takes any address of 127.0.0.0/8; more of one address than this would wait for their turn.
      const localAddress = `127.0.1.${address + 1}`;
      silent.push(...(await Promise.all(Array.from({ length: perAddress }, () => dial(mqtts, { localAddress })))));
    }
    for (const socket of silent) socket.resume();
    await guests.canary();
    expect(service.residentBytes() - before.bytes).toBeLessThan(192 * mebibyte);
    await Promise.all(silent.map(gone));
    await guests.counted(before.faults, addresses * perAddress);
    await guests.canary();
  },
  patientMs,
);
