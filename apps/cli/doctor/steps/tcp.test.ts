import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { thisWorld, type World } from '../world.ts';
import type { DoctorRequest } from '../request.ts';
import { reachAddresses } from './tcp.ts';

const server = createServer((socket) => socket.on('error', () => undefined));
let port = 0;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

/** Addresses under 192.0.2.0/24 fail with this code; the others are those of the machine. */
function worldWith(codes: Readonly<Record<string, string>>): World {
  return {
    ...thisWorld,
    dial(address, at) {
      const code = codes[address];
      if (code === undefined) return thisWorld.dial(address, at);
      const socket = new Socket();
      queueMicrotask(() => socket.destroy(Object.assign(new Error(code), { code })));
      return socket;
    },
  };
}

function reach(host: string, addresses: readonly string[], world: World) {
  const request = {
    connection: { target: { scheme: 'mqtts', host, port, path: '/mqtt' }, connectTimeoutMs: 2000 },
  } as unknown as DoctorRequest;
  return reachAddresses(
    request,
    world,
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
}

describe('TCP to several addresses', () => {
  test('all answer', async () => {
    const { finding, address } = await reach('a.example', ['127.0.0.1'], thisWorld);
    expect([finding.status, address]).toEqual(['ok', '127.0.0.1']);
  });

  test('one does not: a device may take that one', async () => {
    const world = worldWith({ '192.0.2.1': 'ECONNREFUSED' });
    const { finding, address } = await reach('a.example', ['192.0.2.1', '127.0.0.1'], world);
    expect([finding.status, finding.fault, address]).toEqual(['warning', 'port.refused', '127.0.0.1']);
  });

  test('only IPv6 does not, because this machine has none: that is no fault of the server', async () => {
    const world = worldWith({ '2001:db8::1': 'ENETUNREACH' });
    const { finding, address } = await reach('a.example', ['2001:db8::1', '127.0.0.1'], world);
    expect([finding.status, finding.fault, address]).toEqual(['ok', null, '127.0.0.1']);
  });

  test('IPv6 is refused although there is IPv6', async () => {
    const world = worldWith({ '2001:db8::1': 'ECONNREFUSED' });
    const { finding } = await reach('a.example', ['2001:db8::1', '127.0.0.1'], world);
    expect([finding.status, finding.fault]).toEqual(['warning', 'port.refused']);
  });

  test('localhost with one of its two addresses is ordinary', async () => {
    const world = worldWith({ '::1': 'ECONNREFUSED' });
    const { finding } = await reach('localhost', ['::1', '127.0.0.1'], world);
    expect(finding.status).toBe('ok');
  });

  test('none answers: the first one names the fault', async () => {
    const world = worldWith({ '192.0.2.1': 'EHOSTUNREACH', '192.0.2.2': 'ECONNREFUSED' });
    const { finding, address } = await reach('a.example', ['192.0.2.1', '192.0.2.2'], world);
    expect([finding.status, finding.fault, address]).toEqual(['failed', 'address.unreachable', null]);
  });
});
