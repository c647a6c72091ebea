import type { QoS } from '../../packages/codec/mod.ts';
import type { ConnectionId, DeploymentId } from '../../packages/engine/ids.ts';
import type { Device } from './device.ts';

/** A message of the simulation, from its first byte on. Stamps count what happens, so that they order it. */
export interface SimMessage {
  readonly id: number;
  readonly deployment: DeploymentId;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** A retained message that clears its topic has none. */
  readonly payload: string;
  /** Client identifier of the publisher. */
  readonly publisher: string;
  readonly isWill: boolean;
  /** Order among the messages of the publisher. */
  readonly sequence: number;
  readonly expiryMs: number | null;
  readonly sentAt: number;
  readonly sentTime: number;
  /** The connection that it was sent on last. */
  connection: ConnectionId | null;
  /** How often it was sent: each time at QoS 1 may be a message of its own. */
  transmissions: number;
  /** In which lives of the service it was sent, by how often it had been killed. */
  readonly lives: Set<number>;
  /** The publisher has been told that it is safe. */
  ackedAt: number | null;
  ackedTime: number;
  /** The engine cannot handle it any more, whether it has or not. */
  settledAt: number | null;
  /** It was refused, so nobody may get it. */
  isRefused: boolean;
  /** It may have been refused once because nothing could be stored, and so been overtaken. */
  wasPutOff: boolean;
  /** It may not have been retained, for a limit. */
  isRetainDoubtful: boolean;
  /** Its deployment was deleted. */
  isForgotten: boolean;
  /** PUBACK said that nobody has subscribed. */
  hadNoSubscribers: boolean;
  readonly deliveries: Delivery[];
}

/** A message that a device has handed to its application. */
export interface Delivery {
  readonly device: Device;
  readonly epoch: number;
  readonly connection: ConnectionId;
  readonly qos: QoS;
  readonly dup: boolean;
  readonly isRefused: boolean;
  readonly identifiers: readonly number[];
  /** How often the service had been killed when the connection was opened. */
  readonly crashes: number;
  readonly stamp: number;
}

/** One subscription of one session, as its client knows it. */
export interface SubscriptionRecord {
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  readonly identifier: number;
  readonly epoch: number;
  /** SUBSCRIBE was sent. */
  readonly askedAt: number;
  /** How often the service had been killed by then. */
  readonly crashes: number;
  /** Whether the device knew of no subscription with the filter that it might replace. */
  readonly isFirst: boolean;
  /** SUBACK has granted it. */
  confirmedAt: number | null;
  /** UNSUBSCRIBE, or another SUBSCRIBE of the same filter, was sent; or a rule has taken it. */
  endAskedAt: number | null;
  /** UNSUBSCRIBE was sent for it, or a rule has taken it: it ends whatever becomes of a SUBSCRIBE in between. */
  isEnding: boolean;
  /** It is known to be gone. */
  endedAt: number | null;
}

type NewMessage = Pick<
  SimMessage,
  'deployment' | 'topic' | 'qos' | 'retain' | 'publisher' | 'isWill' | 'expiryMs' | 'connection'
>;

/** All messages of a run, and what became of them. */
export class Ledger {
  readonly messages: SimMessage[] = [];
  readonly #byPayload = new Map<string, SimMessage>();

  publish(fields: NewMessage, padding: number, isClear: boolean, stamp: number, now: number): SimMessage {
    const id = this.messages.length + 1;
    const payload = isClear ? '' : `${fields.deployment}:${id}:${'.'.repeat(padding)}`;
    const message: SimMessage = {
      ...fields,
      id,
      payload,
      sequence: id,
      sentAt: stamp,
      sentTime: now,
      transmissions: 0,
      lives: new Set(),
      ackedAt: null,
      ackedTime: 0,
      settledAt: null,
      isRefused: false,
      wasPutOff: false,
      isRetainDoubtful: false,
      isForgotten: false,
      hadNoSubscribers: false,
      deliveries: [],
    };
    this.messages.push(message);
    if (!isClear) this.#byPayload.set(payload, message);
    return message;
  }

  find(payload: string): SimMessage | undefined {
    return this.#byPayload.get(payload);
  }

  /** The engine handles nothing of this connection any more. */
  closed(connection: ConnectionId, stamp: number): void {
    for (const message of this.messages) if (message.connection === connection) message.settledAt ??= stamp;
  }

  /** The deployment was deleted: nothing of it is there any more. */
  forget(deployment: DeploymentId, stamp: number): void {
    for (const message of this.messages) {
      if (message.deployment !== deployment) continue;
      message.settledAt ??= stamp;
      message.isForgotten = true;
    }
  }

  /** Messages that are retained, or clear what is, in the order of sending. */
  *retained(deployment: DeploymentId, topic: string): Generator<SimMessage> {
    for (const message of this.messages)
      if (message.retain && message.deployment === deployment && message.topic === topic && !message.isForgotten)
        yield message;
  }
}
