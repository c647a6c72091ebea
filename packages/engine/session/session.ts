import type { ProtocolVersion } from '../../codec/mod.ts';
import type { DeploymentId } from '../ids.ts';
import type { Message } from '../message.ts';
import type { AccessRules, Subject } from '../ports.ts';
import type { SubscriptionOptions } from '../subscription.ts';
import type { Timer } from '../timers.ts';
import type { SessionLink } from './link.ts';
import { Outbound } from './outbound.ts';
import type { Will } from './will.ts';

/** Session Expiry Interval that means "never" (MQTT 5.0 section 3.1.2.11.2). */
export const NEVER_EXPIRES = 0xffff_ffff;

/** Retained messages on their way to one subscription. */
export interface RetainedBacklog {
  readonly topicFilter: string;
  readonly messages: Iterable<Message> & Iterator<Message>;
  options: SubscriptionOptions;
  /** Taken from `messages`, not sent yet. */
  pending: Message | null;
  /** Whether the message is still the one that is retained for its topic. */
  readonly isRetained: (message: Message) => boolean;
  /** Whether the message came after the subscription, which has brought it as it came. */
  readonly isLater: (message: Message) => boolean;
}

/**
 * Where a session stands. `connected`: a client holds it. `away`: it waits for its client until `endsAt`
 * (Infinity: for ever). `ended`: nothing may touch it any more.
 */
export type SessionState =
  | { readonly kind: 'connected'; readonly link: SessionLink }
  | { readonly kind: 'away'; readonly since: number; readonly endsAt: number }
  | { readonly kind: 'ended' };

/** Session state of one client (MQTT 5.0 section 4.1). Knows nothing of routes, rights or packets on the wire. */
export class Session implements Subject {
  readonly deployment: DeploymentId;
  readonly clientId: string;
  username: string | null;
  version: ProtocolVersion;
  /** Seconds that the session outlives its connection; 0 ends it with the connection. */
  expiryInterval: number;
  state: SessionState = { kind: 'ended' };
  will: Will | null = null;
  /** Whether the journal has a record of it: it outlives its connection, or has a will that outlives the service. */
  recorded = false;
  /** null: no rule cuts this client. */
  rules: AccessRules | null = null;
  /** By Topic Filter, `$share/...` included. */
  readonly subscriptions = new Map<string, SubscriptionOptions>();
  readonly outbound = new Outbound();
  /** Packet Identifiers of QoS 2 messages that were received and not yet released [MQTT-4.3.3-10]. */
  readonly received = new Set<number>();
  /** Retained messages of new subscriptions that have not gone out yet, in the order of subscribing; null where there are none. */
  backlog: RetainedBacklog[] | null = null;
  expiryTimer: Timer | null = null;
  willTimer: Timer | null = null;

  constructor(
    deployment: DeploymentId,
    clientId: string,
    username: string | null,
    version: ProtocolVersion,
    expiryInterval: number,
  ) {
    this.deployment = deployment;
    this.clientId = clientId;
    this.username = username;
    this.version = version;
    this.expiryInterval = expiryInterval;
  }

  /** The connection, while there is one. */
  get link(): SessionLink | null {
    return this.state.kind === 'connected' ? this.state.link : null;
  }

  /** Whether the session outlives its connection, and so has to be durable. */
  get persistent(): boolean {
    return this.expiryInterval > 0;
  }
}
