import type { ConnectionError } from '../symptom.ts';
import type { Board } from './board.ts';
import { Client } from './client.ts';
import { nowUs } from './clock.ts';
import { Histogram, type HistogramParts } from './histogram.ts';
import { openAll } from './open-all.ts';
import { Outgoing } from './outgoing.ts';
import { filterOf, shareOf, sourcesOf, subscribersOf, type MessagePlan, type Range } from './plan.ts';
import { Publisher, type PublisherThread } from './publisher.ts';
import { Settling } from './settling.ts';
import { Schedule } from './schedule.ts';
import { SequenceTrack } from './sequence-track.ts';
import { Subscriber, type SubscriberThread } from './subscriber.ts';

/** Waits shorter than this are spent turning: a timer is up to a millisecond late. */
const spinUs = 2000;
const pollMs = 20;

/** When the load runs, on the clock of `nowUs`. */
export interface RunTimes {
  readonly startUs: number;
  /** What is sent from here on counts. */
  readonly measureUs: number;
  readonly endUs: number;
}

/** What one thread has counted. Plain data. */
export interface MessagePart {
  readonly sent: number;
  readonly received: number;
  readonly latency: HistogramParts;
  /** How late the generator itself was, where there is a rate. */
  readonly lateness: HistogramParts;
  readonly connectTimes: HistogramParts;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly foreign: number;
  /** Messages that were due and could not be sent before the end. */
  readonly unsent: number;
  /** Share of one core that this thread took while it counted. */
  readonly cpuShare: number;
}

/** The part of a load of messages that one thread does. */
export class MessageLoad implements PublisherThread, SubscriberThread {
  readonly outgoing = new Outgoing(256 * 1024);
  readonly board: Board;
  readonly #plan: MessagePlan;
  readonly #worker: number;
  readonly #publisherRange: Range;
  readonly #publishers: Publisher[] = [];
  readonly #subscribers: Subscriber[] = [];
  readonly #clients: Client[] = [];
  readonly #tracks: { readonly publisher: number; readonly track: SequenceTrack }[] = [];
  readonly #connectTimes = new Histogram();
  readonly #latency = new Histogram();
  readonly #lateness = new Histogram();
  readonly #settling = new Settling();
  readonly #ended = Promise.withResolvers<never>();
  #times: RunTimes | null = null;
  #schedule: Schedule | null = null;
  #awake: Publisher[] = [];
  #isTurnRequested = false;
  #sent = 0;
  #received = 0;
  #sentAll = 0;
  #receivedAll = 0;
  #lastArrivalUs = 0;
  readonly #turn = (): void => this.#endOfTurn();

  constructor(plan: MessagePlan, worker: number, board: Board) {
    this.#plan = plan;
    this.#worker = worker;
    this.board = board;
    this.#publisherRange = shareOf(plan.publishers, worker, plan.workers);
    // Whoever waits hears of it; nobody else has to.
    this.#ended.promise.catch(() => {});
  }

  /** Opens all connections, subscribers first. @throws ConnectionError */
  async connect(): Promise<void> {
    const { concurrency } = this.#plan;
    const open = (range: Range, one: (index: number) => Promise<void>): Promise<void> =>
      openAll(
        { ...range, concurrency, ratePerSecond: null },
        async (index) => {
          await one(index);
          return true;
        },
        this.#connectTimes,
      );
    await open(subscribersOf(this.#plan, this.#worker), (index) => this.#openSubscriber(index));
    await open(this.#publisherRange, (index) => this.#openPublisher(index));
    // In the order of the schedule, whichever came first.
    this.#publishers.sort((a, b) => a.index - b.index);
  }

  /** Sends until the end, then waits for what is still under way. @throws ConnectionError where a connection is lost. */
  async run(times: RunTimes): Promise<MessagePart> {
    const { ratePerSecond, publishers } = this.#plan;
    const { from, to } = this.#publisherRange;
    this.#schedule = ratePerSecond === null ? null : new Schedule(times.startUs, ratePerSecond, publishers, from, to);
    const stopPings = this.#keepAlive();
    const upkeep = setInterval(() => this.#upkeep(), 1);
    try {
      await this.#orEnd(Bun.sleep((times.startUs - nowUs()) / 1000));
      this.#times = times;
      this.#wakeAll();
      await this.#orEnd(Bun.sleep((times.measureUs - nowUs()) / 1000));
      const before = process.threadCpuUsage();
      const fromUs = nowUs();
      await this.#orEnd(Bun.sleep((times.endUs - nowUs()) / 1000));
      const used = process.threadCpuUsage(before);
      const cpuShare = (used.user + used.system) / (nowUs() - fromUs);
      this.#lastTurn(times.endUs);
      await this.#orEnd(this.#drain(times.endUs));
      return this.#part(cpuShare);
    } finally {
      clearInterval(upkeep);
      stopPings();
    }
  }

  /** Closes all connections. */
  end(): void {
    for (const client of this.#clients) client.end();
  }

  wake(publisher: Publisher): void {
    if (publisher.isAwake) return;
    publisher.isAwake = true;
    this.#awake.push(publisher);
    this.#requestTurn();
  }

  reading(): void {
    this.#lastArrivalUs = nowUs();
  }

  arrived(publisher: number, intendedUs: number, moved: number): void {
    const now = this.#lastArrivalUs;
    this.#receivedAll += 1;
    const times = this.#times;
    if (times !== null && now >= times.measureUs && now < times.endUs) this.#received += 1;
    if (times !== null && intendedUs >= times.measureUs) this.#latency.record(now - intendedUs);
    if (moved > 0) this.board.move(this.#worker, publisher, moved);
  }

  freed(publisher: number): void {
    const local = this.#publishers[publisher - this.#publisherRange.from];
    if (local !== undefined) this.wake(local);
  }

  received(client: Client): void {
    this.#settling.found(client);
    this.#requestTurn();
  }

  failed(error: ConnectionError): void {
    this.#ended.reject(error);
  }

  async #openSubscriber(index: number): Promise<void> {
    const { endpoint, prefix, qos, scenario } = this.#plan;
    const sources = sourcesOf(this.#plan, index);
    const group = scenario === 'shared' ? this.#tracks.map(({ track }) => track) : [];
    const tracks = group.length > 0 ? group : this.#newTracks(sources);
    const subscriber = new Subscriber(endpoint.version === 5, sources, tracks, this);
    const client = await Client.open(endpoint, `${prefix}-s${index}`, this.outgoing, subscriber);
    await client.subscribe(filterOf(this.#plan, index), qos);
    this.#subscribers.push(subscriber);
    this.#opened(client);
  }

  #newTracks({ from, to }: Range): SequenceTrack[] {
    const tracks = Array.from({ length: to - from }, () => new SequenceTrack());
    for (const [at, track] of tracks.entries()) this.#tracks.push({ publisher: from + at, track });
    return tracks;
  }

  async #openPublisher(index: number): Promise<void> {
    const publisher = new Publisher(this.#plan, index, this);
    const { endpoint, prefix } = this.#plan;
    const client = await Client.open(endpoint, `${prefix}-p${index}`, this.outgoing, publisher);
    publisher.attach(client);
    this.#publishers.push(publisher);
    this.#opened(client);
  }

  #opened(client: Client): void {
    this.#clients.push(client);
    this.#tell();
  }

  #tell(): void {
    this.board.tell(this.#worker, this.#clients.length, this.#sentAll, this.#receivedAll);
  }

  #requestTurn(): void {
    if (this.#isTurnRequested) return;
    this.#isTurnRequested = true;
    setImmediate(this.#turn);
  }

  /** After all sockets that were ready have been read, as a broker's own turn ends. */
  #endOfTurn(): void {
    this.#isTurnRequested = false;
    const times = this.#times;
    this.#settling.endLook();
    if (this.#settling.isOpen) this.#requestTurn();
    const now = nowUs();
    if (times === null || now >= times.endUs) return;
    this.#takeFromSchedule(now);
    this.#pumpAwake(now, times);
    if (this.#schedule !== null && this.#schedule.nextUs - now < spinUs) this.#requestTurn();
  }

  /** What fell due after the last turn belongs to the load too. */
  #lastTurn(endUs: number): void {
    if (this.#schedule === null || this.#times === null) return;
    this.#takeFromSchedule(endUs);
    this.#pumpAwake(endUs, this.#times);
  }

  #pumpAwake(now: number, times: RunTimes): void {
    const awake = this.#awake;
    this.#awake = [];
    let sent = 0;
    for (const publisher of awake) {
      publisher.isAwake = false;
      sent += publisher.pump(now, this.#schedule);
    }
    this.#sentAll += sent;
    if (now >= times.measureUs) this.#sent += sent;
  }

  #takeFromSchedule(now: number): void {
    const schedule = this.#schedule;
    if (schedule === null) return;
    for (let due = schedule.nextUs; due < now; due = schedule.nextUs) {
      this.#lateness.record(now - due);
      const publisher = this.#publishers[schedule.take() - this.#publisherRange.from];
      if (publisher === undefined) continue;
      publisher.owed += 1;
      this.wake(publisher);
    }
  }

  /** Every millisecond: what no event of this thread would wake. */
  #upkeep(): void {
    this.#tell();
    if (this.#times === null) return;
    const now = nowUs();
    for (const publisher of this.#publishers) publisher.checkStall(now);
    if (this.#plan.workers > 1) this.#wakeAll();
    else if (this.#schedule !== null && this.#schedule.nextUs - now < spinUs) this.#requestTurn();
  }

  #wakeAll(): void {
    this.#requestTurn();
    for (const publisher of this.#publishers) this.wake(publisher);
  }

  #keepAlive(): () => void {
    const seconds = Math.min(...this.#clients.map(({ allowed }) => allowed.keepAlive || Number.POSITIVE_INFINITY));
    if (!Number.isFinite(seconds)) return () => {};
    const timer = setInterval(() => {
      for (const client of this.#clients) client.send({ type: 12 });
    }, seconds * 500);
    return () => clearInterval(timer);
  }

  async #drain(endUs: number): Promise<void> {
    for (;;) {
      await Bun.sleep(pollMs);
      const now = nowUs();
      // Other threads may still have been in their last turn.
      if (this.#plan.workers > 1 && now - endUs < 200_000) continue;
      if (this.#lost() === 0 || now - Math.max(this.#lastArrivalUs, endUs) > this.#plan.quietSeconds * 1e6) return;
    }
  }

  #lost(): number {
    let lost = 0;
    for (const { publisher, track } of this.#tracks) lost += track.lost(this.board.sent[publisher] ?? 0);
    return lost;
  }

  #part(cpuShare: number): MessagePart {
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    return {
      sent: this.#sent,
      received: this.#received,
      latency: this.#latency.toParts(),
      lateness: this.#lateness.toParts(),
      connectTimes: this.#connectTimes.toParts(),
      lost: this.#lost(),
      doubled: sum(this.#tracks.map(({ track }) => track.doubled)),
      reordered: sum(this.#subscribers.map(({ reordered }) => reordered)),
      foreign: sum(this.#subscribers.map(({ foreign }) => foreign)),
      unsent: sum(this.#publishers.map(({ owed }) => owed)),
      cpuShare,
    };
  }

  #orEnd<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#ended.promise]);
  }
}
