import type { PublishPacket } from '../../codec/mod.ts';
import type { Broker } from '../broker.ts';
import type { BatchNumber, DeploymentId } from '../ids.ts';
import type { ReceivedPublish } from '../message.ts';
import type { EventSink, Outbox, Policy } from '../ports.ts';
import type { Timers } from '../timers.ts';
import type { Connection } from './connection.ts';
import type { UnfinishedTotal } from './unfinished.ts';

/** What a connection needs of the engine around it. */
export interface World {
  readonly outbox: Outbox;
  readonly policy: Policy;
  readonly events: EventSink;
  readonly timers: Timers;
  /** Connections whose output waits for the journal. */
  readonly waiting: Set<Connection>;
  /** Everything up to this batch is durable. */
  readonly durableBatch: BatchNumber;
  /** The service is stopping: no new connections. */
  readonly draining: boolean;
  /** Memory is above its high-water mark: no new sessions. */
  readonly overloaded: boolean;
  /** From accept to the end of CONNECT. */
  readonly connectTimeoutMs: number;
  /** How often memory was short for something that was asked. */
  readonly overload: { count: number };
  readonly unfinished: UnfinishedTotal;
  /** Connections with packets that wait for the next turn of the loop, in the order in which they began to wait. */
  readonly later: Set<Connection>;
  /** Reused for every PUBLISH, one after the other; without the payload, which `packet` has. */
  readonly publish: PublishPacket;
  /** The PUBLISH that is being handled. */
  readonly packet: ReceivedPublish;
  broker(deployment: DeploymentId): Broker | undefined;
}
