import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../random.ts';
import { Service } from '../service.ts';
import type { Parties, Party, Place, PublishingParty, SubscribingParty } from './party.ts';
import { Signal } from './signal.ts';
import { ConnectionSeen, Stream, StreamSeen } from './stream.ts';
import { sum } from './sum.ts';

/** What a run does. */
export interface KillOptions {
  readonly parties: Parties;
  readonly kills: number;
  readonly seed: number;
  readonly durability: 'fsync' | 'os' | 'memory';
  /** Publishers of each QoS; every second one speaks 5.0. */
  readonly publishers: number;
  /** Messages of a publisher under way at once. */
  readonly window: number;
  /** Called after each kill, when the service is back. */
  readonly onKill?: (kill: Kill, index: number) => void;
}

/** What was under way when the service was killed. */
export interface Kill {
  /** PUBLISH packets that were not acknowledged to the end. */
  readonly unacknowledged: number;
  /** Of those, QoS 2 messages whose PUBREL was out (raw clients only). */
  readonly released: number;
  /** Messages that the service had acknowledged and a subscriber with a session had not got: the ones that it had to keep. */
  readonly owed: number;
  /** Whether it was killed once more while it started again. */
  readonly duringStart: boolean;
}

/** What came of it. Everything but what is allowed to happen is 0 in a good run; see `breaches`. */
export interface KillResult {
  readonly kills: readonly Kill[];
  readonly killsDuringStart: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Sent to subscribers with a session, without what came twice. */
  readonly received: number;
  /** Acknowledged to a publisher, and never received by a subscriber with a session. */
  readonly lost: number;
  /** QoS 2 messages that a subscriber got twice. */
  readonly doubledQoS2: number;
  /** QoS 1 messages that a subscriber got twice, which QoS 1 allows. */
  readonly doubledQoS1: number;
  /** Messages that came for the first time after a later one of their publisher. */
  readonly reordered: number;
  readonly sessionsLost: number;
  /** PUBLISH with DUP and PUBREL that were sent again (raw clients only). */
  readonly resent: number;
  /** Subscribers without a session: what they got, and what was missing in between while they were connected. */
  readonly clean: {
    readonly received: number;
    readonly gaps: number;
    readonly doubledQoS2: number;
    /** Of the streams' last messages, sent while they were connected: those that did not come. */
    readonly lastMissing: number;
  };
  /** Sessions that the service knows at the end beyond those that are to stay. */
  readonly strayedSessions: number;
  readonly complaints: readonly string[];
  readonly seconds: number;
}

/** The traffic has to come back after a kill within this, or the run fails. */
const settleMs = 60_000;
/** A subscriber that gets nothing for so long has got everything. */
const quietMs = 3_000;
/** Between two kills, in acknowledgements: the moment is one of the traffic and not of a clock. */
const acknowledgementsBetween = [20, 4_000] as const;
/** After the last of them: so that it is not always the moment after an acknowledgement. */
const delayMsMax = 25;
/** One kill in so many is followed by another one while the service starts. */
const duringStartEvery = 5;
const startKillMs = [50, 400] as const;

/** What is wrong with a result, in words; empty in a good run. */
export function breaches(result: KillResult): string[] {
  const { lost, doubledQoS2, reordered, sessionsLost, clean, strayedSessions, complaints } = result;
  const counts = {
    'acknowledged messages lost': lost,
    'QoS 2 messages doubled': doubledQoS2,
    'messages out of order': reordered,
    'sessions forgotten': sessionsLost,
    'gaps within a connection': clean.gaps,
    'QoS 2 messages doubled within a connection': clean.doubledQoS2,
    'last messages that did not come': clean.lastMissing,
    'sessions that should be gone': strayedSessions,
  };
  return [
    ...Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`])),
    ...complaints,
  ];
}

/** Kills the service again and again under load, and counts what clients were promised and did not get. */
export async function runKills(options: KillOptions): Promise<KillResult> {
  const begun = performance.now();
  await using run = await KillRun.open(options);
  for (let index = 0; index < options.kills; index++) {
    const kill = await run.killOnce(index);
    options.onKill?.(kill, index);
  }
  const result = await run.finish();
  return { ...result, seconds: Number(((performance.now() - begun) / 1000).toFixed(1)) };
}

/** The data directory of all the starts. */
class DataOwner implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'berth-kill-'));

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

interface Subscriber {
  readonly party: SubscribingParty;
  readonly seen: ReadonlyMap<string, StreamSeen>;
  /** Away at every fourth kill, so that messages wait for it through a kill. */
  readonly isOftenAway: boolean;
}

interface CleanSubscriber {
  readonly party: SubscribingParty;
  /** Of the connection that there is. */
  seen: Map<string, ConnectionSeen>;
  readonly ended: ConnectionSeen[];
  received: number;
}

class KillRun implements AsyncDisposable {
  readonly #options: KillOptions;
  readonly #random: Random;
  readonly #changes = new Signal();
  readonly #args: readonly string[];
  readonly #data: DataOwner;
  #service: Service;
  readonly #streams: Stream[] = [];
  readonly #publishers: PublishingParty[] = [];
  readonly #subscribers: Subscriber[] = [];
  readonly #cleanSubscribers: CleanSubscriber[] = [];
  readonly #kills: Kill[] = [];
  #killsDuringStart = 0;

  private constructor(options: KillOptions, service: Service, args: readonly string[], data: DataOwner) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#service = service;
    this.#args = args;
    this.#data = data;
  }

  static async open(options: KillOptions): Promise<KillRun> {
    const data = new DataOwner();
    const durability = ['--durability', options.durability];
    const service = await Service.start({ data: data.directory, args: durability });
    const { ready } = service;
    // No queue may come to its limit: a message that is lost there is not what is looked for.
    const limits = ['queuedMessages=10000000', 'queuedBytes=4294967296'].flatMap((limit) => ['--limit', limit]);
    await service.berthJson('deployment', 'set', ready.deployment.id, ...limits);
    const run = new KillRun(options, service, [...durability, '--mqtts-port', String(ready.mqtts)], data);
    const ca = readFileSync(ready.ca, 'utf8');
    await run.#engage({ port: ready.mqtts, ca, username: ready.username, password: service.password });
    return run;
  }

  get #parties(): Party[] {
    return [
      ...this.#publishers,
      ...this.#subscribers.map(({ party }) => party),
      ...this.#cleanSubscribers.map(({ party }) => party),
    ];
  }

  async #engage(place: Place): Promise<void> {
    const { parties, publishers, window } = this.#options;
    const changed = (): void => this.#changes.raise();
    const who = (clientId: string, version: 4 | 5) => ({ place, clientId, version, changed });
    for (const qos of [1, 2] as const) {
      for (let index = 0; index < publishers; index++) this.#streams.push(new Stream(`kill/${qos}/${index}`, qos));
    }
    const persistent = [
      { qos: 1, version: 4, filter: 'kill/#', isOftenAway: false },
      { qos: 2, version: 5, filter: 'kill/#', isOftenAway: false },
      { qos: 2, version: 4, filter: 'kill/+/+', isOftenAway: true },
    ] as const;
    for (const [index, { qos, version, filter, isOftenAway }] of persistent.entries()) {
      const seen = new Map(this.#streams.map((stream) => [stream.topic, new StreamSeen(stream, qos)]));
      const party = parties.subscriber(
        who(`subscriber-${index}`, version),
        { filter, qos, isClean: false },
        {
          connected: () => undefined,
          message: (topic, number) => seen.get(topic)?.take(number),
        },
      );
      this.#subscribers.push({ party, seen, isOftenAway });
    }
    for (const [index, qos] of ([1, 2] as const).entries())
      this.#engageClean(who(`clean-${index}`, index === 0 ? 5 : 4), qos);
    // What is published before somebody subscribes is not owed to him.
    await this.#subscribed(() => true);
    for (const [index, stream] of this.#streams.entries()) {
      this.#publishers.push(parties.publisher(who(`publisher-${index}`, index % 2 === 0 ? 4 : 5), stream, window));
    }
  }

  #engageClean(who: Parameters<Parties['subscriber']>[0], qos: 1 | 2): void {
    const fresh = () =>
      new Map(this.#streams.map((stream) => [stream.topic, new ConnectionSeen(stream.qos < qos ? stream.qos : qos)]));
    const reception = {
      connected: () => {
        clean.ended.push(...clean.seen.values());
        clean.seen = fresh();
      },
      message: (topic: string, number: number) => {
        clean.received++;
        clean.seen.get(topic)?.take(number);
      },
    };
    const clean: CleanSubscriber = {
      party: this.#options.parties.subscriber(who, { filter: 'kill/#', qos, isClean: true }, reception),
      seen: fresh(),
      ended: [],
      received: 0,
    };
    this.#cleanSubscribers.push(clean);
  }

  /** Waits for traffic, kills in the middle of it, and starts again. */
  async killOnce(index: number): Promise<Kill> {
    await this.#flowing();
    for (const { party, isOftenAway } of this.#subscribers) {
      if (!isOftenAway) continue;
      if (index % 4 === 0) await party.leave();
      else if (index % 4 === 1) party.comeBack();
    }
    const target = this.#acknowledged + this.#random.between(...acknowledgementsBetween);
    await this.#changes.until(`${target} acknowledgements`, settleMs, () => this.#acknowledged >= target);
    await Bun.sleep(this.#random.between(0, delayMsMax));
    const duringStart = index % duringStartEvery === duringStartEvery - 1;
    const kill: Kill = {
      unacknowledged: sum(this.#publishers, ({ unacknowledged }) => unacknowledged),
      released: sum(this.#publishers, ({ released }) => released),
      owed: this.#owed,
      duringStart,
    };
    this.#kills.push(kill);
    await this.#service.stop('SIGKILL');
    if (duringStart) await this.#killWhileStarting();
    this.#service = await Service.start({ data: this.#data.directory, args: this.#args, readyWithinMs: settleMs });
    return kill;
  }

  async #killWhileStarting(): Promise<void> {
    const delayMs = this.#random.between(...startKillMs);
    let early: ReturnType<typeof setTimeout> | undefined;
    try {
      const started = await Service.start({
        data: this.#data.directory,
        args: this.#args,
        readyWithinMs: settleMs,
        onSpawned: (child) => {
          early = setTimeout(() => child.kill('SIGKILL'), delayMs);
        },
      });
      // It was quicker.
      await started.stop('SIGKILL');
    } catch {
      this.#killsDuringStart++;
    } finally {
      clearTimeout(early);
    }
  }

  get #acknowledged(): number {
    return sum(this.#streams, ({ acknowledged }) => acknowledged.count);
  }

  get #owed(): number {
    return sum(this.#subscribers, ({ seen }) => sum(seen.values(), ({ behind }) => behind));
  }

  /** Every publisher gets acknowledgements, and everybody who is not away is connected. */
  async #flowing(): Promise<void> {
    await this.#changes.until('traffic', settleMs, () => {
      // A client that was answered wrongly does not come to rest any more.
      const complaint = this.#parties.find(({ complaints }) => complaints.length > 0)?.complaints[0];
      if (complaint !== undefined) throw new Error(complaint);
      return this.#publishers.every(({ isConnected, acknowledgedHere }) => isConnected && acknowledgedHere > 0);
    });
    await this.#subscribed(({ isOftenAway }) => !isOftenAway);
  }

  async #subscribed(counts: (subscriber: Subscriber) => boolean): Promise<void> {
    const subscribers = [...this.#subscribers.filter(counts), ...this.#cleanSubscribers];
    await this.#changes.until('subscribers', settleMs, () =>
      subscribers.every(({ party }) => party.isConnected && party.isSubscribed),
    );
  }

  /** Publishers stop, then subscribers drain. */
  async finish(): Promise<Omit<KillResult, 'seconds'>> {
    for (const { party, isOftenAway } of this.#subscribers) if (isOftenAway) party.comeBack();
    await this.#flowing();
    // Everybody is there now, so what is sent from here on comes to everybody.
    const sent = this.#streams.map((stream) => stream.sent);
    await this.#changes.until('a last series', settleMs, () =>
      this.#streams.every((stream, index) => stream.acknowledged.count > (sent[index] ?? 0)),
    );
    for (const publisher of this.#publishers) publisher.finish();
    await this.#changes.until('the last acknowledgements', settleMs, () =>
      this.#publishers.every(({ unacknowledged }) => unacknowledged === 0),
    );
    await this.#drained();
    return this.#count();
  }

  /** Everything has come, or nothing comes any more. */
  async #drained(): Promise<void> {
    const everything = () => this.#owed === 0 && this.#cleanBehind === 0;
    for (let last = -1; !everything();) {
      const received = this.#received;
      if (received === last) return;
      last = received;
      await this.#changes.until('the rest', quietMs, everything).catch(() => undefined);
    }
  }

  get #received(): number {
    const kept = sum(this.#subscribers, ({ seen }) => sum(seen.values(), ({ received }) => received));
    return kept + sum(this.#cleanSubscribers, ({ received }) => received);
  }

  get #cleanBehind(): number {
    return sum(
      this.#cleanSubscribers,
      ({ seen }) => this.#streams.filter(({ topic, sent }) => seen.get(topic)?.last !== sent).length,
    );
  }

  async #count(): Promise<Omit<KillResult, 'seconds'>> {
    const seen = this.#subscribers.flatMap((subscriber) => [...subscriber.seen.values()]);
    const connections = this.#cleanSubscribers.flatMap(({ ended, seen }) => [...ended, ...seen.values()]);
    const lastMissing = this.#cleanBehind;
    await Promise.all(this.#cleanSubscribers.map(({ party }) => party.close()));
    return {
      kills: this.#kills,
      killsDuringStart: this.#killsDuringStart,
      sent: sum(this.#streams, (stream) => stream.sent),
      acknowledged: this.#acknowledged,
      received: sum(seen, (one) => one.received),
      lost: sum(seen, (one) => one.missing),
      doubledQoS2: sum(seen, (one) => (one.qos === 2 ? one.doubled : 0)),
      doubledQoS1: sum(seen, (one) => (one.qos === 1 ? one.doubled : 0)),
      reordered: sum(seen, (one) => one.reordered),
      sessionsLost: sum(this.#parties, (party) => party.sessionsLost),
      resent: sum(this.#publishers, (publisher) => publisher.resent),
      clean: {
        received: sum(this.#cleanSubscribers, (clean) => clean.received),
        gaps: sum(connections, (one) => one.gaps),
        doubledQoS2: sum(connections, (one) => (one.qos === 2 ? one.doubled : 0)),
        lastMissing,
      },
      strayedSessions: (await this.#sessions()) - this.#publishers.length - this.#subscribers.length,
      complaints: this.#parties.flatMap(({ complaints }) => complaints),
    };
  }

  /** Sessions that the service counts, once those that have just ended are gone. */
  async #sessions(): Promise<number> {
    const kept = this.#publishers.length + this.#subscribers.length;
    let count = 0;
    for (const end = performance.now() + quietMs; performance.now() < end;) {
      const metrics = await this.#service.metrics();
      count = sum(metrics, ([name, value]) => (name.startsWith('berth_sessions') ? value : 0));
      if (count <= kept) break;
      await Bun.sleep(20);
    }
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#parties.map((party) => party.close().catch(() => undefined)));
    await this.#service[Symbol.asyncDispose]().catch(() => undefined);
    this.#data[Symbol.dispose]();
  }
}
