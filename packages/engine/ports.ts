/**
 * What the engine asks of the world, and what the world tells it. Types only.
 * All times are milliseconds since 1970 and come in as arguments.
 */
import type { FaultName } from '../faults/mod.ts';
import type { BatchNumber, ConnectionId, DeploymentId } from './ids.ts';
import type { Limits } from './limits.ts';

export type ListenerKind = 'mqtts' | 'wss' | 'mqtt' | 'ws';

/** What the edge knows of a connection when it opens: after TLS and, on WebSocket, after the upgrade. */
export interface ConnectionFacts {
  readonly listener: ListenerKind;
  /** Set on the listeners of a dedicated deployment, which is found by listener; else null. */
  readonly deployment: DeploymentId | null;
  /** SNI of the ClientHello, lower case; null where none was sent or there is no TLS. */
  readonly serverName: string | null;
  /** Host header of the WebSocket upgrade, lower case, without the port; null elsewhere. */
  readonly host: string | null;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** For example `TLSv1.3`; null without TLS. */
  readonly tlsVersion: string | null;
  /** When the TCP connection was accepted: the clock for CONNECT runs from here. */
  readonly acceptedAt: number;
}

/** How a connection ended, as far as the edge can tell. */
export type CloseCause =
  /** The peer closed in order (FIN, close_notify, WebSocket close frame). */
  | { readonly kind: 'peer' }
  /** Reset, timeout of the network, broken TLS record. */
  | { readonly kind: 'lost'; readonly detail: string }
  /** After `end` or `abort`. */
  | { readonly kind: 'local' }
  /** The edge itself had to close: a WebSocket protocol error, for instance. */
  | { readonly kind: 'fault'; readonly fault: FaultName; readonly detail: string };

/** Edge to core: the inputs that the link carries. `now` is added by whoever drives the engine. */
export interface LinkInput {
  opened(connection: ConnectionId, facts: ConnectionFacts): void;
  /**
   * The bytes are valid during the call only. The core may write to them meanwhile; afterwards they are as they were. Not a Buffer
   * of Node.js, whose `slice` copies nothing.
   */
  data(connection: ConnectionId, bytes: Uint8Array): void;
  /**
   * After a flush that left bytes unsent, or where `send` has answered with 16 KiB or more since; and again whenever that
   * count has fallen; 0 when all is sent.
   */
  drained(connection: ConnectionId, bufferedBytes: number): void;
  /** Always the last call for a connection. Also after `end` and `abort`. */
  closed(connection: ConnectionId, cause: CloseCause): void;
}

/** Core to edge: the effects that the link carries. Calls for a connection that is gone do nothing. */
export interface Outbox {
  /**
   * Queues bytes; they leave at the end of the loop turn or earlier. The callee has copied or consumed them when it returns.
   * @returns bytes that are buffered for the connection now.
   */
  send(connection: ConnectionId, bytes: Uint8Array): number;
  /** Like `send`, for a part of the bytes: a view of them would cost more than copying them. */
  sendPart(connection: ConnectionId, bytes: Uint8Array, start: number, end: number): number;
  /** The same bytes to many connections. */
  sendMany(connections: readonly ConnectionId[], bytes: Uint8Array): void;
  /** Closes after what is buffered has been sent (bounded in time by the edge). */
  end(connection: ConnectionId): void;
  /** Closes at once; what is buffered is lost. */
  abort(connection: ConnectionId): void;
  /** Stops reading; bytes that were read already may still come. */
  pause(connection: ConnectionId): void;
  resume(connection: ConnectionId): void;
}

/**
 * Where state goes that must survive. A keyed store for each deployment; changes of one loop turn form a batch.
 * `Engine.journaled` is called when a batch is durable.
 */
export interface Journal {
  /** False where nothing survives a restart (memory): then nothing is recorded and nothing waits. */
  readonly durable: boolean;
  /** The batch that a change made now goes into. */
  readonly openBatch: BatchNumber;
  /** Takes a copy of the value: its memory is used again as soon as this returns. */
  put(deployment: DeploymentId, key: string, value: Uint8Array): void;
  delete(deployment: DeploymentId, key: string): void;
}

/** Where the address of a connection leads. */
export type Location =
  | { readonly kind: 'found'; readonly deployment: DeploymentId }
  /** `deployment` is known where the fault lies with a deployment (stopped, deleted), else null. */
  | { readonly kind: 'refused'; readonly deployment: DeploymentId | null; readonly fault: FaultName };

export interface AuthenticationRequest {
  readonly deployment: DeploymentId;
  readonly clientId: string;
  readonly username: string | null;
  /** A copy; never logged. */
  readonly password: Uint8Array | null;
  readonly remoteAddress: string;
}

export type Verdict = { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly fault: FaultName };

/** Who a session belongs to, as far as access rules look. */
export interface Subject {
  readonly deployment: DeploymentId;
  readonly clientId: string;
  readonly username: string | null;
}

/** A decision with the name of the rule that made it, for events. */
export interface Decision {
  readonly allowed: boolean;
  readonly rule: string | null;
}

/** Access rules compiled for one subject. Asked synchronously on the hot path. */
export interface AccessRules {
  publish(topic: string): Decision;
  /** Whether something that the filter matches may be received. */
  subscribe(topicFilter: string): Decision;
  /** Null when every topic that the filter matches may be received, else decides by topic at delivery. */
  deliveryFilter(topicFilter: string): ((topic: string) => boolean) | null;
}

/** Compiled, per-deployment values, asked synchronously. */
export interface Policy {
  /** Finds the deployment of a connection by listener, SNI or Host. */
  locate(facts: ConnectionFacts): Location;
  limits(deployment: DeploymentId): Limits;
  /** Answers with `Engine.authenticated`, in the same call or later. */
  authenticate(connection: ConnectionId, request: AuthenticationRequest): void;
  /** Null: no rule cuts this subject; everything is allowed. */
  accessRules(subject: Subject): AccessRules | null;
  /** A client identifier for a client that gave none; unique in the installation. */
  newClientId(): string;
}

/** Something that happened and that somebody may want to know. */
export type EventKind =
  | 'connection.refused'
  | 'connection.accepted'
  | 'connection.closed'
  | 'session.created'
  | 'session.ended'
  | 'subscription.added'
  | 'subscription.removed'
  | 'subscription.refused'
  | 'publish.refused'
  | 'message.dropped'
  | 'will.published'
  | 'reading.paused'
  | 'request.refused'
  /** The journal cannot be written (error -15), and can again. */
  | 'journal.failed'
  | 'journal.recovered';

export interface EngineEvent {
  readonly kind: EventKind;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** null only where there is nothing wrong. */
  readonly fault: FaultName | null;
  readonly deployment: DeploymentId | null;
  readonly connection: ConnectionId | null;
  readonly facts: ConnectionFacts | null;
  readonly protocolVersion: 3 | 4 | 5 | null;
  readonly clientId: string | null;
  readonly username: string | null;
  /** What exactly: a topic filter, a packet, a rule. Never a secret, never a payload. */
  readonly detail: string | null;
  /** How many, where events are counted together (dropped messages). */
  readonly count: number;
}

export interface EventSink {
  emit(event: EngineEvent): void;
}

/** Counters and gauges of one deployment: plain numbers, written by the engine, read by metrics. */
export interface DeploymentCounters {
  connections: number;
  sessions: number;
  subscriptions: number;
  retainedMessages: number;
  retainedBytes: number;
  queuedMessages: number;
  queuedBytes: number;
  connectsAccepted: number;
  connectsRefused: number;
  packetsReceived: number;
  packetsSent: number;
  bytesReceived: number;
  bytesSent: number;
  publishesReceivedQoS0: number;
  publishesReceivedQoS1: number;
  publishesReceivedQoS2: number;
  publishesSentQoS0: number;
  publishesSentQoS1: number;
  publishesSentQoS2: number;
  messagesDroppedQueue: number;
  messagesDroppedBuffer: number;
  messagesDroppedExpired: number;
  messagesDroppedTooLarge: number;
  publishesDenied: number;
  subscribesDenied: number;
  readPauses: number;
}
