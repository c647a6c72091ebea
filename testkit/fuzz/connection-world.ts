import type { ConnectionId } from '../../packages/engine/ids.ts';
import type { Limits } from '../../packages/engine/limits.ts';
import type { AccessRules, CloseCause, DeploymentCounters, EngineEvent } from '../../packages/engine/ports.ts';
import { DEPLOYMENT, EngineBench, OTHER_DEPLOYMENT } from '../engine-bench.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { Neighbour } from './neighbour.ts';
import { Broken, must } from './target.ts';

const day = 86_400_000;

/** Limits that an input may set. The session expiry keeps one, so that everything ends. */
const limitChoices: readonly Partial<Limits>[] = [
  { publishesPerSecondPerClient: 1 },
  { bytesPerSecondPerClient: 50 },
  { messagesPerSecond: 2 },
  { connectsPerSecond: 1 },
  { sessions: 3 },
  { sessionsPerUsername: 1 },
  { packetSizeBytes: 60 },
  { subscriptionsPerClient: 1 },
  { topicLevels: 2 },
  { queuedMessages: 1 },
  { queuedBytes: 20 },
  { inFlightOut: 1 },
  { inFlightIn: 1 },
  { topicAliases: 0 },
  { retainedMessages: 1 },
  { retainedBytes: 30 },
  { clientIdBytes: 4 },
  { outboundBufferBytes: 30 },
  { keepAliveSeconds: 5 },
  { sessionExpirySeconds: 30, sessionExpiryV3Seconds: 30 },
];

const rates = ['publishesPerSecondPerClient', 'bytesPerSecondPerClient', 'messagesPerSecond'] as const;

const facts = [
  {},
  { serverName: null },
  { serverName: 'nowhere.berth.test' },
  { listener: 'wss', serverName: null, host: 'd1.berth.test' },
  { listener: 'mqtt', serverName: null, deployment: DEPLOYMENT, tlsVersion: null },
] as const;

const causes: readonly CloseCause[] = [
  { kind: 'peer' },
  { kind: 'lost', detail: 'reset' },
  { kind: 'local' },
  { kind: 'fault', fault: 'websocket.protocol-error', detail: 'broken' },
];

/** Rules that refuse `a` and below, and cut wider filters. */
const someRules: AccessRules = {
  publish: (topic) => ({ allowed: !topic.startsWith('a'), rule: 'rule' }),
  subscribe: (topicFilter) => ({ allowed: !topicFilter.startsWith('a'), rule: 'rule' }),
  deliveryFilter: () => (topic) => !topic.startsWith('a'),
};

/** The ones that go up and down are the ones that can go wrong. */
const counterNames = [
  'connections',
  'sessions',
  'subscriptions',
  'retainedMessages',
  'retainedBytes',
  'queuedMessages',
  'queuedBytes',
  'messagesDroppedQueue',
] as const satisfies readonly (keyof DeploymentCounters)[];

/** The engine with clients that are fuzzed, neighbours that must not notice, and the rules that always hold. */
export class ConnectionWorld {
  readonly signs = new Set<string>();
  readonly #bench: EngineBench;
  readonly #watches: (ConnectionWatch | undefined)[] = [];
  readonly #opened = new Set<ConnectionId>();
  readonly #accepted = new Set<ConnectionId>();
  readonly #ended = new Set<ConnectionId>();
  readonly #durable: boolean;
  #neighbours: Neighbour[] = [];
  #stalled = false;
  #hurried = false;

  /** @param mode bit 0 of the first byte: the journal is durable; bit 1: it is not settled at once. */
  constructor(mode: Uint8Array) {
    const bits = mode[0] ?? 0;
    this.#durable = (bits & 1) === 1;
    this.#bench = new EngineBench({ durable: this.#durable, autoFlush: (bits & 2) === 0 });
    this.#settle();
    // In the deployment itself too, where its answers do not wait for a batch that the input has to settle.
    if ((bits & 2) === 0) this.#neighbours.push(new Neighbour(this.#bench, DEPLOYMENT));
  }

  /**
   * - `o`: a client comes, from where the byte says. `d`, `b`: it sends the bytes, in one piece or one by one; it comes first
   *   where it is not there. `x`: its connection ends. `v`: the verdict on it. `s`, `n`: its socket takes nothing, or all again.
   * - `t`: time passes. `j`: a journal batch is durable. `l`, `r`: limits and rules change. `k`: an owner acts. `c`: the
   *   process is killed. `m`: verdicts come late; memory is full; the journal cannot keep up, or cannot be written.
   */
  step(verb: string, bytes: Uint8Array): void {
    const slot = Number(verb[1] ?? 0) & 3;
    const first = bytes[0] ?? 0;
    switch (verb[0]) {
      case 'o':
        this.#open(slot, first);
        break;
      case 'd':
        this.#send(slot, [bytes]);
        break;
      case 'b':
        this.#send(
          slot,
          Array.from(bytes, (byte) => Uint8Array.of(byte)),
        );
        break;
      case 'x':
        this.#watches[slot]?.client.lose(causes[first & 3] ?? { kind: 'peer' });
        break;
      case 'v':
        this.#verdict(slot, first);
        break;
      case 's':
      case 'n':
        this.#slow(slot, verb[0] === 's', first);
        break;
      default:
        this.#around(verb, bytes, first);
    }
    this.#check(`${verb[0]}`);
  }

  #around(verb: string, bytes: Uint8Array, first: number): void {
    switch (verb) {
      case 't':
        this.#advance(((first << 8) | (bytes[1] ?? 0)) * (this.#stalled ? 1 : 20 * (1 + (first & 3) ** 8)));
        break;
      case 'j':
        this.#settleOne();
        break;
      case 'l':
        this.#limit(first);
        break;
      case 'r':
        this.#bench.policy.rules = ({ deployment }) => (deployment === DEPLOYMENT && first & 1 ? someRules : null);
        this.#bench.input((engine, now) => engine.policyChanged(DEPLOYMENT, now));
        break;
      case 'k':
        this.#act(first);
        break;
      case 'c':
        this.#crash();
        break;
      case 'm':
        this.#mode(first);
        break;
      default:
    }
  }

  /** Everything ends, weeks pass, and nothing may be left. */
  finish(): void {
    const bench = this.#bench;
    this.#mode(0);
    this.#advance(60_000);
    for (const watch of this.#watches) watch?.client.lose();
    for (const neighbour of this.#neighbours) neighbour.leave();
    this.#check('end');
    must(this.#opened.size === this.#ended.size, 'a connection ended without being refused or closed');
    this.#settle();
    this.#advance(30 * day);
    this.#settle();
    must(bench.engine.connectionCount === 0, 'connections are left');
    for (const deployment of [DEPLOYMENT, OTHER_DEPLOYMENT]) {
      const { connections, sessions, subscriptions, queuedMessages, queuedBytes } = bench.counters(deployment);
      must(connections === 0, 'connections are counted that are gone');
      must(sessions === 0, 'sessions are left');
      must(subscriptions === 0, 'subscriptions are left');
      must(queuedMessages === 0 && queuedBytes === 0, 'queued messages are left');
      for (const { key } of bench.journal.records(deployment))
        must(key.startsWith('r'), `a record is left in the journal: ${key[0]}`);
      bench.input((engine, now) => engine.closeDeployment(deployment, 'deployment.deleted', true, now));
    }
    this.#settle();
    must(bench.engine.nextTickAt === Infinity, 'timers are left');
    this.#check('gone');
  }

  #open(slot: number, choice: number): ConnectionWatch {
    this.#watches[slot]?.client.lose();
    const client = this.#bench.open(facts[choice % facts.length] ?? {});
    const watch = new ConnectionWatch(client);
    this.#watches[slot] = watch;
    this.#opened.add(client.id);
    return watch;
  }

  #send(slot: number, pieces: readonly Uint8Array[]): void {
    const there = this.#watches[slot];
    const watch = there === undefined || there.client.ended !== null ? this.#open(slot, 0) : there;
    for (const piece of pieces) {
      if (watch.client.ended !== null) return;
      this.#collect();
      const stranger = !this.#accepted.has(watch.client.id);
      const before = stranger ? this.#elsewhere(watch) : '';
      watch.sending(piece);
      const lent = piece.slice();
      watch.client.bytes(lent);
      lent.fill(0xee);
      this.#collect();
      if (stranger && !this.#accepted.has(watch.client.id))
        must(this.#elsewhere(watch) === before, 'a client that has not logged in had an effect on others');
    }
  }

  /** What others could notice. */
  #elsewhere(watch: ConnectionWatch): string {
    const sends = this.#watches.map((other) => (other === watch ? 0 : (other?.sends ?? 0)));
    const counted = [DEPLOYMENT, OTHER_DEPLOYMENT].map((deployment) => {
      const { connections, sessions, subscriptions, retainedMessages, queuedMessages, packetsSent } =
        this.#bench.counters(deployment);
      return [connections, sessions, subscriptions, retainedMessages, queuedMessages, packetsSent];
    });
    return `${sends.join(' ')} ${counted.join(' ')}`;
  }

  #verdict(slot: number, first: number): void {
    const id = this.#watches[slot]?.client.id;
    if (id === undefined) return;
    const refused = { kind: 'refused', fault: 'credentials.wrong-password' } as const;
    this.#bench.input((engine, now) => engine.authenticated(id, first & 1 ? refused : { kind: 'accepted' }, now));
  }

  #slow(slot: number, slow: boolean, left: number): void {
    const client = this.#watches[slot]?.client;
    if (client === undefined || client.ended !== null) return;
    client.slow = slow;
    client.drain(slow ? Math.min(client.bufferedBytes, left) : 0);
  }

  #advance(milliseconds: number): void {
    this.#bench.advance(milliseconds);
  }

  #limit(first: number): void {
    const limits = limitChoices[first % limitChoices.length] ?? {};
    if (rates.some((rate) => rate in limits)) this.#hurried = true;
    this.#bench.setLimits(limits);
  }

  #act(first: number): void {
    const outside = this.#neighbours.filter(({ deployment }) => deployment !== DEPLOYMENT);
    this.#bench.input((engine, now) => {
      switch (first % 5) {
        case 0:
          engine.closeClient(DEPLOYMENT, 'one', 'connection.kicked', now);
          break;
        case 1:
          engine.closeUsername(DEPLOYMENT, 'user', 'credentials.changed', now);
          break;
        case 2:
          engine.publish(DEPLOYMENT, '$SYS/x', Uint8Array.of(1), true, now);
          break;
        case 3:
          engine.closeDeployment(DEPLOYMENT, 'deployment.stopped', false, now);
          this.#neighbours = outside;
          break;
        default:
          engine.closeDeployment(DEPLOYMENT, 'deployment.deleted', true, now);
          engine.addDeployment(DEPLOYMENT, now);
          this.#neighbours = outside;
      }
    });
  }

  /** The process is killed and comes back with what was durable. */
  #crash(): void {
    if (!this.#durable) return;
    this.#collect();
    for (const id of this.#opened) if (!this.#ended.has(id)) this.#opened.delete(id);
    this.#watches.length = 0;
    this.#neighbours = [];
    this.#stalled = false;
    this.#bench.crash(1000, 500);
  }

  #mode(first: number): void {
    this.#bench.policy.verdict = first & 1 ? 'later' : { kind: 'accepted' };
    const overloaded = (first & 2) !== 0;
    // Each may make a publisher wait.
    this.#stalled = overloaded || (first & 12) !== 0;
    this.#bench.engine.setOverloaded(overloaded);
    const stalled = new Set((first & 4) === 0 ? [] : [DEPLOYMENT, OTHER_DEPLOYMENT]);
    this.#bench.input((engine, now) => {
      engine.setStalled(stalled, now);
      engine.setStorageFailed((first & 8) !== 0, now);
    });
  }

  #settleOne(): void {
    const { journal } = this.#bench;
    journal.endTurn();
    const batch = journal.settleOne();
    if (batch !== null) this.#bench.input((engine, now) => engine.journaled(batch, now));
  }

  #settle(): void {
    this.#bench.flush();
  }

  /** The rules that hold after every step. */
  #check(verb: string): void {
    this.#collect();
    for (const deployment of [DEPLOYMENT, OTHER_DEPLOYMENT]) {
      const counters = this.#bench.engine.counters(deployment);
      if (counters !== null) checkCounters(counters);
    }
    for (const watch of this.#watches) {
      if (watch === undefined || watch.signs.length === 0) continue;
      for (const sign of watch.signs) this.signs.add(sign);
      watch.signs.length = 0;
    }
    if (verb === 'end' || verb === 'gone') return;
    this.#meetNeighbours();
    if (!this.#stalled) {
      for (const neighbour of this.#neighbours)
        if (neighbour.deployment !== DEPLOYMENT || !this.#hurried) neighbour.exchange();
    }
    this.#collect();
  }

  /** Neighbours that are not there (at the start, after a crash) come when nothing keeps them out. */
  #meetNeighbours(): void {
    if (this.#bench.policy.verdict === 'later' || this.#stalled) return;
    if (!this.#neighbours.some(({ deployment }) => deployment === OTHER_DEPLOYMENT)) {
      this.#neighbours.push(new Neighbour(this.#bench, OTHER_DEPLOYMENT));
    }
    this.#collect();
  }

  #collect(): void {
    for (const event of this.#bench.events()) this.#note(event);
  }

  #note({ kind, fault, connection, protocolVersion }: EngineEvent): void {
    this.signs.add(`${kind} ${fault} ${protocolVersion}`);
    if (connection === null) return;
    if (kind === 'connection.accepted') {
      must(!this.#accepted.has(connection) && !this.#ended.has(connection), 'accepted twice, or after its end');
      this.#accepted.add(connection);
    }
    if (kind !== 'connection.refused' && kind !== 'connection.closed') return;
    must(!this.#ended.has(connection), 'a connection was refused or closed twice');
    this.#ended.add(connection);
    // Those of the neighbours are not opened here.
    this.#opened.add(connection);
  }
}

function checkCounters(counters: Readonly<DeploymentCounters>): void {
  for (const name of counterNames) {
    const count = counters[name];
    if (!Number.isSafeInteger(count) || count < 0) throw new Broken(`the counter ${name} is not a count`);
  }
  must(counters.connections <= counters.sessions, 'more connections than sessions');
}
