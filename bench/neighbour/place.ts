import { readFileSync } from 'node:fs';
import { connectPacket } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import type { Service } from '../../testkit/service.ts';

/** A deployment with a user. */
export interface Place {
  readonly id: string;
  readonly address: string;
  readonly username: string;
  readonly password: string;
}

const password = 'a password that is long enough';

/** Makes a deployment with a user, and the limits that a new one has. */
export async function makePlace(service: Service, name: string): Promise<Place> {
  const { id, address } = await service.berthJson<{ id: string; address: string }>('deployment', 'create', name);
  const token = readFileSync(`${service.dataDirectory}/admin-token`, 'utf8').trim();
  const made = await fetch(`http://127.0.0.1:${service.ready.http}/api/v1/deployments/${id}/credentials`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'user', password }),
  });
  if (!made.ok) throw new Error(`no credential: ${await made.text()}`);
  return { id, address, username: 'user', password };
}

/** A client of it that is accepted; its session ends with the connection unless `clean` is false. */
export async function connectTo(service: Service, place: Place, clientId: string, clean = true): Promise<RawClient> {
  const ca = readFileSync(service.ready.ca, 'utf8');
  const { username } = place;
  const client = await RawClient.connect({
    transport: 'tls',
    port: service.ready.mqtts,
    serverName: place.address,
    ca,
  });
  client.send(connectPacket({ version: 4, clientId, username, password: place.password, keepAlive: 0, clean }));
  await client.expect('20 02 00 00');
  return client;
}

/** Lifts the limits of the rates of its messages. */
export async function liftRates(service: Service, { id }: Place): Promise<void> {
  const rates = ['messagesPerSecond', 'publishesPerSecondPerClient', 'bytesPerSecondPerClient'];
  await service.berthJson('deployment', 'set', id, ...rates.flatMap((name) => ['--limit', `${name}=none`]));
}
