import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { eventually } from '../../testkit/deadline.ts';
import { connectPacket, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import type { Service } from '../../testkit/service.ts';

/** What guests do wrong, and what the service makes of it. */
export class Guests {
  readonly service: Service;
  readonly #ca: string;
  #count = 0;

  constructor(service: Service, ca: string) {
    this.service = service;
    this.#ca = ca;
  }

  /** A well-behaved client that sends itself a message: proof that the service still works. */
  async canary(): Promise<void> {
    this.#count += 1;
    await using client = await this.member(`canary-${this.#count}`);
    const topic = `canary/${this.#count}`;
    client.send(subscribePacket(4, 1, topic, 1));
    await client.expect('90 03 00 01 01');
    client.send(publishPacket(4, { topic, payload: 'sings' }));
    const heard = await client.nextPacket();
    if (!Buffer.from(heard).toString('latin1').endsWith('sings')) throw new Error('the canary heard something else');
    client.send(Uint8Array.of(0xe0, 0));
    await client.closed();
  }

  /** A client of the first deployment that has connected over TLS. */
  async member(clientId: string, options: { readonly keepAlive?: number } = {}): Promise<RawClient> {
    const client = await RawClient.connect({ transport: 'tls', port: this.service.ready.mqtts, ca: this.#ca });
    const { username } = this.service.ready;
    client.send(connectPacket({ version: 4, clientId, username, password: this.service.password, ...options }));
    await client.expect('20 02 00 00');
    return client;
  }

  /** Faults counted until now, of one name or of all. */
  async faults(name?: string): Promise<number> {
    let sum = 0;
    for (const [sample, value] of await this.service.metrics()) {
      if (sample.startsWith('berth_faults_total{') && (name === undefined || sample.includes(`fault="${name}"`)))
        sum += value;
    }
    return sum;
  }

  /** Waits until so many faults have been counted since `before`; more than that is an error too. */
  async counted(before: number, wanted: number, name?: string, milliseconds = 15_000): Promise<void> {
    let last = 0;
    try {
      await eventually('the faults to be counted', milliseconds, async () => {
        last = (await this.faults(name)) - before;
        return last >= wanted ? last : null;
      });
    } catch (error) {
      throw new Error(`${wanted} faults wanted (${name ?? 'of any name'}), ${last} counted`, { cause: error });
    }
    if (last !== wanted) throw new Error(`${wanted} faults wanted (${name ?? 'of any name'}), ${last} counted`);
  }
}

/** A bare TCP connection to a port of 127.0.0.1. */
export async function dial(
  port: number,
  options: { localAddress?: string; allowHalfOpen?: boolean } = {},
): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, ...options });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

/** Waits until a socket is closed, from whichever side. */
export async function gone(socket: Socket): Promise<void> {
  // Not `once`, which an 'error' (a reset) would end with a rejection.
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve));
}

/** The bytes that a TLS client sends first. */
export async function clientHello(): Promise<Uint8Array> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connectTls({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false });
  client.on('error', () => undefined);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(accepted, 'data')) as [Uint8Array];
  client.destroy();
  accepted.destroy();
  server.close();
  return hello;
}
