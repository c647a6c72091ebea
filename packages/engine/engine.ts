import { emptyPublish } from '../codec/mod.ts';
import type { FaultName } from '../faults/mod.ts';
import type { EngineAdmin } from './admin.ts';
import { Broker } from './broker.ts';
import { Connection } from './connection/connection.ts';
import type { World } from './connection/world.ts';
import type { BatchNumber, ConnectionId, DeploymentId } from './ids.ts';
import type { InstallationLimits } from './installation-limits.ts';
import type { LimitName } from './limits.ts';
import { applyRules, endSession } from './lifecycle.ts';
import type {
  CloseCause,
  ConnectionFacts,
  DeploymentCounters,
  EventSink,
  Journal,
  Outbox,
  Policy,
  Verdict,
} from './ports.ts';
import { restoreBroker, type RestoreTimes, type StoredRecord } from './restore.ts';
import type { Session } from './session/session.ts';
import type { StorageState } from './storage-gate.ts';
import { Timers } from './timers.ts';
import type { Work } from './work.ts';

/** What the engine asks of the world. */
export interface EnginePorts {
  readonly outbox: Outbox;
  readonly journal: Journal;
  readonly policy: Policy;
  readonly events: EventSink;
  /** Size from which on a message is stored once for all sessions that it is kept for. Tests set it; the default is right elsewhere. */
  readonly contentBytesMin?: number;
}

type Writable<T, K extends keyof T> = Omit<T, K> & { -readonly [Key in K]: T[Key] };

/** How many sessions get changed access rules in one go. */
const SESSIONS_A_STEP = 100;

/**
 * The broker without I/O: a deterministic state machine. Inputs are method calls that carry the time; effects leave
 * through the ports. The same inputs give the same effects.
 */
export class Engine implements EngineAdmin {
  readonly #ports: EnginePorts;
  readonly #timers = new Timers();
  readonly #brokers = new Map<DeploymentId, Broker>();
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #waiting = new Set<Connection>();
  readonly #busy = new Set<Work>();
  readonly #world: Writable<World, 'durableBatch' | 'draining' | 'overloaded' | 'connectTimeoutMs'>;
  #storageFailed = false;
  #stalled: ReadonlySet<DeploymentId> = new Set();

  constructor(ports: EnginePorts) {
    this.#ports = ports;
    this.#world = {
      outbox: ports.outbox,
      policy: ports.policy,
      events: ports.events,
      timers: this.#timers,
      waiting: this.#waiting,
      durableBatch: 0,
      draining: false,
      overloaded: false,
      connectTimeoutMs: 30_000,
      overload: { count: 0 },
      unfinished: { bytes: 0, bytesMax: null },
      later: new Set(),
      publish: emptyPublish(),
      packet: {
        buffer: new Uint8Array(0),
        start: 0,
        payloadStart: 0,
        end: 0,
        isVersion5: false,
        isPlain: false,
      },
      broker: (deployment) => this.#brokers.get(deployment),
    };
  }

  // Inputs of the link.

  opened(connection: ConnectionId, facts: ConnectionFacts, now: number): void {
    this.#connections.set(connection, new Connection(connection, facts, this.#world, now));
  }

  data(connection: ConnectionId, bytes: Uint8Array, now: number): void {
    this.#connections.get(connection)?.received(bytes, now);
  }

  drained(connection: ConnectionId, bufferedBytes: number, now: number): void {
    this.#connections.get(connection)?.drained(bufferedBytes, now);
  }

  closed(connection: ConnectionId, cause: CloseCause, now: number): void {
    this.#connections.get(connection)?.closed(cause, now);
    this.#connections.delete(connection);
  }

  // Inputs of the other ports.

  /** The verdict that `Policy.authenticate` was asked for. */
  authenticated(connection: ConnectionId, verdict: Verdict, now: number): void {
    this.#connections.get(connection)?.authenticated(verdict, now);
  }

  /** Everything up to this batch is durable: acknowledgements that waited for it leave. */
  journaled(batch: BatchNumber, now: number): void {
    if (batch <= this.#world.durableBatch) return;
    this.#world.durableBatch = batch;
    for (const connection of this.#waiting) {
      if (!connection.journaled(batch, now)) this.#waiting.delete(connection);
    }
  }

  /** Time has passed: fires what is due. */
  tick(now: number): void {
    this.#timers.advance(now);
  }

  /**
   * The clock was set by so many milliseconds, back where they are negative. Whoever waits (for a rate, a time-out, keep-alive) waits as long as
   * before. What is due at a moment, as the expiry of sessions and messages, stays so: the journal knows it as well.
   */
  clockMoved(milliseconds: number): void {
    this.#timers.clockMoved(milliseconds);
    for (const connection of this.#connections.values()) connection.lastPacketAt += milliseconds;
  }

  /** How often memory was short: new sessions refused, and publishers read later. */
  get overloadCount(): number {
    return this.#world.overload.count;
  }

  /** Whether packets wait for the next turn of the loop: then `endTurn` has to be called again soon. */
  get hasWork(): boolean {
    return this.#world.later.size > 0;
  }

  /**
   * A turn of the loop is over. Each deployment may do a bounded amount of work in a turn, so that none keeps the others
   * waiting: what was left over is done now, as far as the next turn's share goes.
   */
  endTurn(now: number): void {
    const { later } = this.#world;
    for (const work of this.#busy) work.renew(now);
    for (const connection of [...later]) {
      const { state } = connection;
      if (state.kind === 'connected' && state.broker.work.isSpent) continue;
      later.delete(connection);
      connection.intake.nextTurn(now);
    }
  }

  /** When `tick` has something to do next; Infinity when it has nothing. */
  get nextTickAt(): number {
    return this.#timers.nextAt;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Memory is above (or again below) its high-water mark: new sessions are refused. */
  setOverloaded(overloaded: boolean): void {
    this.#world.overloaded = overloaded;
  }

  /** Limits of the installation that are met here. They hold from now on. */
  setInstallationLimits(limits: Pick<InstallationLimits, 'connectSeconds' | 'unauthenticatedBytes'>): void {
    if (limits.connectSeconds !== null) this.#world.connectTimeoutMs = limits.connectSeconds * 1000;
    this.#world.unfinished.bytesMax = limits.unauthenticatedBytes;
  }

  /**
   * Deployments that have used up their share of the journal's queue, for the disk cannot keep up: what needs the journal is
   * read later there. All others may go on.
   */
  setStalled(stalled: ReadonlySet<DeploymentId>, now: number): void {
    const before = this.#stalled;
    if (before.size === 0 && stalled.size === 0) return;
    this.#stalled = stalled;
    for (const deployment of new Set([...before, ...stalled])) this.#setGate(deployment, now);
  }

  /**
   * The journal cannot be written, or can again. Meanwhile what needs it is refused, or waits where there is no word for that;
   * what was taken before stays held until it is durable.
   */
  setStorageFailed(failed: boolean, now: number): void {
    if (failed === this.#storageFailed) return;
    this.#storageFailed = failed;
    for (const deployment of this.#brokers.keys()) this.#setGate(deployment, now);
  }

  #setGate(deployment: DeploymentId, now: number): void {
    this.#brokers.get(deployment)?.storage.set(this.#storageState(deployment), now);
  }

  #storageState(deployment: DeploymentId): StorageState {
    if (this.#storageFailed) return 'failed';
    return this.#stalled.has(deployment) ? 'full' : 'ready';
  }

  /**
   * Stops taking connections and closes those there are, with the reason. Sessions that survive keep their wills
   * for the restart.
   */
  drain(now: number): void {
    this.#world.draining = true;
    for (const broker of this.#brokers.values()) broker.draining = true;
    for (const connection of [...this.#connections.values()]) {
      if (connection.state.kind === 'connected') connection.close('server.draining', null, now);
    }
  }

  // Administration.

  addDeployment(deployment: DeploymentId, now: number): void {
    if (this.#brokers.has(deployment)) return;
    const { policy, events, journal } = this.#ports;
    this.#brokers.set(
      deployment,
      new Broker(
        deployment,
        {
          policy,
          events,
          journal,
          timers: this.#timers,
          durableBatch: () => this.#world.durableBatch,
          busy: this.#busy,
          contentBytesMin: this.#ports.contentBytesMin,
        },
        this.#storageState(deployment),
        now,
      ),
    );
  }

  /** Rebuilds a deployment from the journal, before its first connection. */
  restore(deployment: DeploymentId, records: Iterable<StoredRecord>, times: RestoreTimes): void {
    this.addDeployment(deployment, times.now);
    const broker = this.#brokers.get(deployment);
    if (broker !== undefined) restoreBroker(broker, records, times);
  }

  closeDeployment(deployment: DeploymentId, fault: FaultName, forget: boolean, now: number): void {
    const broker = this.#brokers.get(deployment);
    if (broker === undefined) return;
    for (const session of [...broker.sessions.values()]) session.link?.close(fault, null, now);
    for (const connection of this.#connections.values()) {
      if (connection.state.kind === 'authenticating' && connection.state.login.broker === broker)
        connection.refuse(fault, null, now);
    }
    if (!forget) return;
    const sessions = [...broker.sessions.values()];
    // First all subscriptions go, so that nothing moves from a session that ends to one that ends next.
    for (const session of sessions) broker.routes.unsubscribeAll(session, session.subscriptions.keys());
    for (const session of sessions) {
      session.will = null;
      endSession(broker, session, 'deployment deleted', now);
    }
    broker.dispose();
    this.#brokers.delete(deployment);
  }

  closeUsername(deployment: DeploymentId, username: string, fault: FaultName, now: number): void {
    for (const session of [...(this.#brokers.get(deployment)?.sessions.values() ?? [])]) {
      if (session.username === username) session.link?.close(fault, null, now);
    }
  }

  closeClient(deployment: DeploymentId, clientId: string, fault: FaultName, now: number): boolean {
    const link = this.#brokers.get(deployment)?.sessions.get(clientId)?.link ?? null;
    link?.close(fault, null, now);
    return link !== null;
  }

  policyChanged(deployment: DeploymentId, now: number): void {
    const broker = this.#brokers.get(deployment);
    if (broker === undefined) return;
    const limits = this.#ports.policy.limits(deployment);
    broker.context.limits = limits;
    broker.connects.setRate(limits.connectsPerSecond, now);
    broker.messages.setRate(limits.messagesPerSecond, now);
    broker.turns.changed(now);
    this.#applyRules(broker, [...broker.sessions.values()], 0, now);
    for (const connection of this.#connections.values()) {
      if (connection.state.kind !== 'connected' || connection.state.broker !== broker) continue;
      connection.limitsChanged(limits, now);
    }
  }

  /** Compiles the rules into the sessions there are, some at a time: thousands of them would hold up the other deployments. */
  #applyRules(broker: Broker, sessions: readonly Session[], from: number, now: number): void {
    const until = Math.min(from + SESSIONS_A_STEP, sessions.length);
    for (const session of sessions.slice(from, until)) {
      // Rules may have been compiled already into one that has come back meanwhile; doing it again changes nothing.
      if (session.state.kind !== 'ended') applyRules(broker, session, broker.rulesOf(session), now);
    }
    if (until < sessions.length) {
      this.#timers.wait(now + 1, (at) => this.#applyRules(broker, sessions, until, at));
    }
  }

  publish(deployment: DeploymentId, topic: string, payload: Uint8Array, retain: boolean, now: number): void {
    const broker = this.#brokers.get(deployment);
    broker?.publish(
      {
        topic,
        payload,
        payloadBytes: payload.byteLength,
        qos: 0,
        retain,
        properties: null,
        propertyBytes: 0,
        expiresAt: Infinity,
        kept: false,
        holders: 0,
        content: null,
        retainedFrom: null,
        packet: null,
        encoded: null,
      },
      null,
      now,
    );
  }

  counters(deployment: DeploymentId): Readonly<DeploymentCounters> | null {
    return this.#brokers.get(deployment)?.counters ?? null;
  }

  limitsReached(deployment: DeploymentId): Readonly<Record<LimitName, number>> | null {
    return this.#brokers.get(deployment)?.context.reached ?? null;
  }

  limitReached(deployment: DeploymentId, limit: LimitName): void {
    const broker = this.#brokers.get(deployment);
    if (broker !== undefined) broker.context.reached[limit]++;
  }

  deployments(): Iterable<DeploymentId> {
    return this.#brokers.keys();
  }
}
