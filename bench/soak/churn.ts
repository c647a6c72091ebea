import { connectPacket, disconnectPacket, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import type { Random } from '../../testkit/random.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import type { Target } from '../load/target.ts';

/** Names of clients that come and go with a session that stays. */
const lastingNames = 300;
const stayMsMax = 4_000;
const version = 4;

/** How connections that come and go behave. */
const manners = [
  'leaves in order',
  'leaves in order',
  'session that stays',
  'reset',
  'reset',
  'closes without a word',
  'wrong password',
  'half of CONNECT, then reset',
  'no MQTT',
  'plain TCP, then reset',
] as const;
export type Manner = (typeof manners)[number];

/** One connection that comes, does a little and goes. @returns how it went. @throws Error where the service did not do as it should. */
export async function comeAndGo({ port, username, password }: Target, random: Random, number: number): Promise<Manner> {
  const manner = manners[random.between(0, manners.length)] ?? 'reset';
  const transport = manner === 'plain TCP, then reset' ? 'tcp' : 'tls';
  // Too many wrong passwords shut an address out for a minute: that must not meet the others.
  const from = manner === 'wrong password' ? { localAddress: '127.0.0.9' } : {};
  await using client = await RawClient.connect({ transport, port, ...from });
  const clientId = manner === 'session that stays' ? `lasting-${number % lastingNames}` : `guest-${number}`;
  const clean = manner !== 'session that stays';
  const connect = connectPacket({ version, clientId, username, password, clean, keepAlive: 30 });
  switch (manner) {
    case 'plain TCP, then reset':
      client.reset();
      return manner;
    case 'no MQTT':
      client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await client.closed(10_000);
      return manner;
    case 'half of CONNECT, then reset':
      client.send(connect.subarray(0, connect.length - 5));
      await Bun.sleep(random.between(0, 500));
      client.reset();
      return manner;
    case 'wrong password':
      client.send(connectPacket({ version, clientId, username: `nobody-${number % 50}`, password: 'wrong' }));
      await client.closed(10_000);
      return manner;
    default:
      client.send(connect);
      await client.expect('20 02 .. 00', 30_000);
      await stay(client, random, number);
  }
  if (manner === 'reset') client.reset();
  else if (manner !== 'closes without a word') {
    client.send(disconnectPacket);
    client.end();
  }
  return manner;
}

/** Subscribes, publishes with each QoS, and stays for a while. */
async function stay(client: RawClient, random: Random, number: number): Promise<void> {
  client.send(subscribePacket(version, 1, `guest/${number % 50}/#`, number % 3));
  for (const qos of [0, 1, 2]) {
    const topic = `guest/${random.between(0, 50)}/${qos}`;
    client.send(publishPacket(version, { topic, payload: 'x'.repeat(100), qos, packetIdentifier: 10 + qos }));
  }
  await Bun.sleep(random.between(0, stayMsMax));
}
