import { Engine } from '../packages/engine/engine.ts';
import type { ConnectionId, DeploymentId } from '../packages/engine/ids.ts';
import type { Limits } from '../packages/engine/limits.ts';
import type {
  CloseCause,
  ConnectionFacts,
  DeploymentCounters,
  EngineEvent,
  EventKind,
  Outbox,
} from '../packages/engine/ports.ts';
import { EngineClient, type ConnectOptions } from './engine-client.ts';
import { ManualJournal } from './engine-journal.ts';
import { ScriptedPolicy } from './engine-policy.ts';

export const DEPLOYMENT = 'd1' as DeploymentId;
export const OTHER_DEPLOYMENT = 'd2' as DeploymentId;

/** How long a 5.0 connection stays after its DISCONNECT, so that the client reads it. */
export const FAREWELL_MS = 100;

/** Two deployments, `d1` and `d2`, in an engine with virtual time and recorded effects. */
export class EngineBench {
  readonly policy = new ScriptedPolicy();
  readonly #events: EngineEvent[] = [];
  readonly #clients = new Map<ConnectionId, EngineClient>();
  engine: Engine;
  journal: ManualJournal;
  now = Date.UTC(2026, 0, 1);
  /** Whether each input is followed by the end of the turn and a journal that is durable at once. */
  autoFlush: boolean;
  readonly #contentBytesMin: number | undefined;
  #lastConnection = 0;
  /** Clients whose end the edge has not told yet. */
  #ending: EngineClient[] = [];
  #depth = 0;

  /** @param options.limits of both deployments, where they differ from the defaults (which have no rates here). */
  constructor(
    options: { durable?: boolean; autoFlush?: boolean; limits?: Partial<Limits>; contentBytesMin?: number } = {},
  ) {
    this.#contentBytesMin = options.contentBytesMin;
    this.journal = new ManualJournal(options.durable ?? false);
    this.autoFlush = options.autoFlush ?? true;
    this.policy.answer = (connection, verdict) => this.engine.authenticated(connection, verdict, this.now);
    for (const deployment of [DEPLOYMENT, OTHER_DEPLOYMENT]) {
      this.policy.limitsOf.set(deployment, { ...this.policy.limits(deployment), ...options.limits });
    }
    this.engine = this.#newEngine();
    for (const deployment of [DEPLOYMENT, OTHER_DEPLOYMENT]) this.engine.addDeployment(deployment, this.now);
  }

  #newEngine(): Engine {
    return new Engine({
      outbox: this.#outbox(),
      journal: this.journal,
      policy: this.policy,
      events: { emit: (event) => this.#events.push(event) },
      ...(this.#contentBytesMin === undefined ? {} : { contentBytesMin: this.#contentBytesMin }),
    });
  }

  #outbox(): Outbox {
    const end = (connection: ConnectionId, how: 'end' | 'abort'): void => {
      const client = this.#clients.get(connection);
      if (client === undefined || client.ended !== null) return;
      client.ended = how;
      this.#ending.push(client);
    };
    const send = (connection: ConnectionId, bytes: Uint8Array): number => {
      const client = this.#clients.get(connection);
      if (client === undefined || client.ended !== null) return 0;
      client.receive(bytes);
      if (client.slow) client.bufferedBytes += bytes.byteLength;
      return client.bufferedBytes;
    };
    return {
      send,
      sendPart: (connection, bytes, start, partEnd) => send(connection, bytes.subarray(start, partEnd)),
      sendMany: (connections, bytes) => {
        for (const connection of connections) this.#clients.get(connection)?.receive(bytes);
      },
      end: (connection) => end(connection, 'end'),
      abort: (connection) => end(connection, 'abort'),
      pause: (connection) => this.#pause(connection, true),
      resume: (connection) => this.#pause(connection, false),
    };
  }

  #pause(connection: ConnectionId, paused: boolean): void {
    const client = this.#clients.get(connection);
    if (client !== undefined) client.paused = paused;
  }

  /** Gives the engine an input; connections that it ended are told closed afterwards, as the edge does. */
  input(call: (engine: Engine, now: number) => void): void {
    this.#depth++;
    call(this.engine, this.now);
    this.#depth--;
    if (this.#depth > 0) return;
    this.#depth++;
    do this.engine.endTurn(this.now);
    while (this.engine.hasWork);
    this.#depth--;
    for (const client of this.#ending.splice(0)) {
      if (this.#clients.delete(client.id)) this.engine.closed(client.id, { kind: 'local' }, this.now);
    }
    if (this.autoFlush) this.flush();
  }

  closed(client: EngineClient, cause: CloseCause): void {
    client.ended ??= 'abort';
    this.input((engine, now) => {
      if (this.#clients.delete(client.id)) engine.closed(client.id, cause, now);
    });
  }

  /** A connection that has not spoken yet. */
  open(facts: Partial<ConnectionFacts> = {}): EngineClient {
    const id = ++this.#lastConnection as ConnectionId;
    const client = new EngineClient(this, id);
    this.#clients.set(id, client);
    this.input((engine, now) =>
      engine.opened(
        id,
        {
          listener: 'mqtts',
          deployment: null,
          serverName: 'd1.berth.test',
          host: null,
          remoteAddress: '192.0.2.1',
          remotePort: 50_000,
          tlsVersion: 'TLSv1.3',
          acceptedAt: this.now,
          ...facts,
        },
        now,
      ),
    );
    return client;
  }

  /** A client that has sent CONNECT. Its answer is still to be taken. */
  connecting(options: ConnectOptions = {}, facts: Partial<ConnectionFacts> = {}): EngineClient {
    const client = this.open(facts);
    client.connect(options);
    return client;
  }

  /** A client that is connected; everything is durable, CONNACK has been taken. @throws when it was refused. */
  connect(options: ConnectOptions = {}, facts: Partial<ConnectionFacts> = {}): EngineClient {
    const client = this.connecting(options, facts);
    this.flush();
    const connack = client.take()[0];
    if (connack?.type !== 2 || connack.reasonCode !== 0) throw new Error(`not accepted: ${JSON.stringify(connack)}`);
    return client;
  }

  /** A client that is connected and subscribed; everything is durable, both answers have been taken. */
  subscriber(
    topicFilter: string,
    options: ConnectOptions = {},
    subscription: Parameters<EngineClient['subscribe']>[1] = {},
    facts: Partial<ConnectionFacts> = {},
  ): EngineClient {
    const client = this.connect(options, facts);
    client.subscribe(topicFilter, subscription);
    this.flush();
    client.take();
    return client;
  }

  /** Time goes on; the engine is ticked at each moment that it asked for. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let at = this.engine.nextTickAt; at <= end; at = this.engine.nextTickAt) {
      this.now = Math.max(this.now, at);
      this.input((engine, now) => engine.tick(now));
    }
    this.now = end;
  }

  /** The turn ends and everything becomes durable. */
  flush(): void {
    this.journal.endTurn();
    for (;;) {
      const batch = this.journal.settleOne();
      if (batch === null) return;
      this.#depth++;
      this.engine.journaled(batch, this.now);
      this.#depth--;
      this.journal.endTurn();
    }
  }

  /**
   * The process is killed and starts anew: only what is durable is left. All connections are gone.
   * @param downMs below 0 where the clock is behind when it starts.
   * @param stoppedAt what the service knows of when it was killed; nothing by default.
   */
  crash(graceMs = 30_000, downMs = 0, stoppedAt: number | null = null): void {
    for (const client of this.#clients.values()) client.ended ??= 'abort';
    this.#clients.clear();
    this.#ending = [];
    this.now += downMs;
    this.journal = this.journal.afterCrash();
    this.engine = this.#newEngine();
    for (const deployment of [DEPLOYMENT, OTHER_DEPLOYMENT])
      this.engine.restore(deployment, this.journal.records(deployment), {
        graceMs,
        stoppedAt: stoppedAt ?? this.now,
        now: this.now,
      });
    if (this.autoFlush) this.flush();
  }

  counters(deployment: DeploymentId = DEPLOYMENT): Readonly<DeploymentCounters> {
    const counters = this.engine.counters(deployment);
    if (counters === null) throw new Error(`no deployment ${deployment}`);
    return counters;
  }

  /** Sets limits of the first deployment while it runs. */
  setLimits(limits: Partial<Limits>): void {
    this.policy.limitsOf.set(DEPLOYMENT, { ...this.policy.limits(DEPLOYMENT), ...limits });
    this.input((engine, now) => engine.policyChanged(DEPLOYMENT, now));
  }

  /** Events since the last call, of the given kinds or all. Others are lost. */
  events(...kinds: EventKind[]): EngineEvent[] {
    const events = this.#events.splice(0);
    return kinds.length === 0 ? events : events.filter((event) => kinds.includes(event.kind));
  }

  /** Events since the last call as `kind fault`, only those with a fault. */
  faults(): string[] {
    return this.events()
      .filter((event) => event.fault !== null)
      .map((event) => `${event.kind} ${event.fault}`);
  }
}
