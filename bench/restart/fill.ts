/** Fills the journal of a data directory as a service would, much faster: the engine itself, with nobody at the other end. */
import { join } from 'node:path';
import { openJournal } from '../../apps/server/journal/open.ts';
import { Engine } from '../../packages/engine/engine.ts';
import type { ConnectionId, DeploymentId } from '../../packages/engine/ids.ts';
import type { ConnectionFacts } from '../../packages/engine/ports.ts';
import { ScriptedPolicy } from '../../testkit/engine-policy.ts';
import { connectPacket, publishPacket, subscribePacket } from '../../testkit/packets.ts';

export interface Filling {
  readonly sessions: number;
  readonly subscriptionsPerSession: number;
  readonly messagesPerSession: number;
  readonly payloadBytes: number;
  /** Retained messages. */
  readonly retained: number;
}

const facts: Omit<ConnectionFacts, 'deployment'> = {
  listener: 'mqtt',
  serverName: null,
  host: null,
  remoteAddress: '127.0.0.1',
  remotePort: 1,
  tlsVersion: null,
  acceptedAt: 0,
};

/** Resolves when everything is in the file. */
export async function fill(directory: string, deployment: DeploymentId, filling: Filling): Promise<void> {
  const journal = await openJournal(join(directory, 'journal.sqlite'), 'os');
  const policy = new ScriptedPolicy();
  policy.limitsOf.set(deployment, { ...policy.limits(deployment), sessions: null, inFlightIn: 65_535 });
  const outbox = { send: () => 0, sendPart: () => 0, sendMany() {}, end() {}, abort() {}, pause() {}, resume() {} };
  const engine = new Engine({ outbox, journal, policy, events: { emit() {} } });
  policy.answer = (connection, verdict) => engine.authenticated(connection, verdict, Date.now());
  engine.addDeployment(deployment, Date.now());
  let progress = Promise.withResolvers<void>();
  journal.onDurable = (batch) => {
    engine.journaled(batch, Date.now());
    progress.resolve();
  };
  const settle = async (): Promise<void> => {
    const now = Date.now();
    do engine.endTurn(now);
    while (engine.hasWork);
    journal.flush();
    while (journal.queuedBytes > 0) {
      progress = Promise.withResolvers();
      await progress.promise;
      journal.flush();
    }
  };
  let last = 0;
  const open = (clientId: string, clean: boolean): ConnectionId => {
    const id = ++last as ConnectionId;
    engine.opened(id, { ...facts, deployment }, Date.now());
    const sessionExpirySeconds = clean ? 0 : 86_400;
    engine.data(id, connectPacket({ version: 5, clientId, clean, sessionExpirySeconds }), Date.now());
    return id;
  };
  for (let session = 0; session < filling.sessions; session++) {
    const id = open(`device-${session}`, false);
    if (session % 500 === 499 || session === filling.sessions - 1) await settle();
    await subscribeAll(engine, id, session, filling, settle);
  }
  const publisher = open('publisher', true);
  const payload = 'x'.repeat(filling.payloadBytes);
  for (let message = 0; message < filling.messagesPerSession; message++) {
    for (let session = 0; session < filling.sessions; session++) {
      const topic = `device/${session}/0`;
      engine.data(publisher, publishPacket(5, { topic, payload, qos: 1, packetIdentifier: 1 }), Date.now());
      if (session % 500 === 499) await settle();
    }
    await settle();
  }
  for (let topic = 0; topic < filling.retained; topic++)
    engine.data(publisher, publishPacket(5, { topic: `state/${topic}`, payload, retain: true }), Date.now());
  await settle();
  const counters = engine.counters(deployment);
  if (counters?.queuedMessages !== filling.sessions * filling.messagesPerSession)
    throw new Error(`filled wrongly: ${JSON.stringify(counters)}`);
  await journal.close();
}

/** A packet behind CONNECT waits until CONNACK is out, so the subscriptions are sent and the session left in a later turn. */
async function subscribeAll(
  engine: Engine,
  connection: ConnectionId,
  session: number,
  filling: Filling,
  settle: () => Promise<void>,
): Promise<void> {
  for (let filter = 0; filter < filling.subscriptionsPerSession; filter++)
    engine.data(connection, subscribePacket(5, 1, `device/${session}/${filter}`, 1), Date.now());
  if (session % 500 === 499 || session === filling.sessions - 1) {
    await settle();
    for (let id = connection - (session % 500); id <= connection; id++)
      engine.closed(id as ConnectionId, { kind: 'peer' }, Date.now());
    await settle();
  }
}
