import type { Random } from '../../testkit/random.ts';
import { comeAndGo } from './churn.ts';
import { LeanClient } from '../load/lean-client.ts';
import type { Target } from '../load/target.ts';

/** How large the load is. */
export interface SoakSize {
  readonly connections: number;
  /** Connections that come and go, a second. */
  readonly churnPerSecond: number;
}

/** What has happened until now. */
export interface SoakCounts {
  published: number;
  received: number;
  /** Connections that came and went as they were to, by how they behaved. */
  readonly cameAndWent: Record<string, number>;
  /** What the service did otherwise, by what it was. */
  readonly failures: Record<string, number>;
  /** Connections of the lasting ones that were cut and made again. */
  cut: number;
  /** Of the lasting ones, those that ended although nobody had ended them. */
  lost: number;
}

const openAtOnce = 50;
const turnMs = 10;
const publishesPerSecond = 500;
const cutsPerSecond = 4;
/** Readers that stop reading for a while and go on: their buffers fill to the limit. */
const slowReaders = 20;
const slowMs = 20_000;
/** A message to all slow readers and some others. */
const broadcastsPerSecond = 5;
const broadcastBytes = 20_000;
/** Sessions whose client is away for a while each, so that messages wait for it. */
const awayMs = 15_000;
const awayShare = 20;
const retainedTopics = 500;

/** A load that goes on: lasting connections with traffic, connections that come and go, slow readers, clients that are away. */
export class Soak {
  readonly #target: Target;
  readonly #random: Random;
  readonly #size: SoakSize;
  readonly #clients: (LeanClient | null)[] = [];
  readonly #counts: SoakCounts = { published: 0, received: 0, cameAndWent: {}, failures: {}, cut: 0, lost: 0 };
  /** Of clients that are gone. */
  #receivedBefore = 0;
  #guests = 0;
  #isClosing = false;
  readonly #visits = new Set<Promise<void>>();
  readonly #due = new Map<() => void, { readonly perSecond: number; at: number }>();

  constructor(target: Target, random: Random, size: SoakSize) {
    this.#target = target;
    this.#random = random;
    this.#size = size;
    this.#every(publishesPerSecond, () => this.#publish());
    this.#every(broadcastsPerSecond, () => this.#broadcast());
    this.#every(size.churnPerSecond, () => this.#visit());
    this.#every(cutsPerSecond, () => this.#cutOne());
  }

  get counts(): SoakCounts {
    const received = this.#clients.reduce((sum, client) => sum + (client?.received ?? 0), this.#receivedBefore);
    return { ...this.#counts, received };
  }

  /** Opens the lasting connections. */
  async open(): Promise<void> {
    const { connections } = this.#size;
    for (let from = 0; from < connections; from += openAtOnce) {
      const slots = Array.from({ length: Math.min(openAtOnce, connections - from) }, (_, index) => from + index);
      await Promise.all(slots.map((slot) => this.#connect(slot)));
    }
  }

  /** Loads until then, on the clock of `performance.now`. */
  async run(until: number): Promise<void> {
    const from = performance.now();
    for (const due of this.#due.values()) due.at = Math.max(due.at, from);
    for (let now = from; now < until; now = performance.now()) {
      for (const [act, due] of this.#due) {
        for (; due.at <= now; due.at += 1000 / due.perSecond) act();
      }
      this.#slowDown(now);
      await Bun.sleep(turnMs);
    }
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const client of this.#clients) client?.end();
    await Promise.allSettled(this.#visits);
  }

  #every(perSecond: number, act: () => void): void {
    this.#due.set(act, { perSecond, at: 0 });
  }

  async #connect(slot: number): Promise<void> {
    const isSlow = slot < slowReaders;
    const subscriptions = [{ filter: `client/${slot}`, qos: slot % 3 }];
    if (isSlow || slot % 50 === 0) subscriptions.push({ filter: 'all', qos: slot % 2 });
    if (slot % 100 === 1) subscriptions.push({ filter: 'retained/+', qos: 1 });
    let client: LeanClient | null = null;
    const options = {
      clientId: `soak-${slot}`,
      // Those that are away for a while have to be kept; a slow one is not asked for what it has missed.
      clean: slot % 2 === 0,
      subscriptions,
      ended: () => this.#ended(slot, client),
    };
    try {
      client = await LeanClient.connect(this.#target, options);
      this.#clients[slot] = client;
    } catch (error) {
      this.#failed(`lasting: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #ended(slot: number, client: LeanClient | null): void {
    if (this.#isClosing) return;
    this.#clients[slot] = null;
    this.#receivedBefore += client?.received ?? 0;
    if (client?.isWanted === true) this.#counts.lost++;
    const isAway = slot % 2 === 1 && slot % awayShare === 1;
    setTimeout(() => void this.#connect(slot), isAway ? awayMs : 500);
  }

  #someone(): { slot: number; client: LeanClient | null } {
    const slot = this.#random.between(0, this.#size.connections);
    return { slot, client: this.#clients[slot] ?? null };
  }

  #publish(): void {
    const { slot, client } = this.#someone();
    if (client === null || slot < slowReaders) return;
    this.#counts.published++;
    const qos = this.#random.between(0, 3) as 0 | 1 | 2;
    const payload = 'x'.repeat(this.#random.between(10, 500));
    if (slot % 20 === 0) client.publish(`retained/${this.#random.between(0, retainedTopics)}`, payload, qos, true);
    else client.publish(`client/${this.#random.between(slowReaders, this.#size.connections)}`, payload, qos);
  }

  #broadcast(): void {
    const { slot, client } = this.#someone();
    if (client === null || slot < slowReaders) return;
    this.#counts.published++;
    client.publish('all', 'x'.repeat(broadcastBytes), 1);
  }

  #cutOne(): void {
    const { client } = this.#someone();
    if (client === null) return;
    this.#counts.cut++;
    if (this.#random.between(0, 2) === 0) client.cut();
    else client.end();
  }

  /** Half of the slow readers read, the other half do not, and they change. */
  #slowDown(now: number): void {
    const phase = Math.floor(now / slowMs) % 2;
    for (let slot = 0; slot < slowReaders; slot++) this.#clients[slot]?.setPaused(slot % 2 === phase);
  }

  #visit(): void {
    const number = this.#guests++;
    const visit = comeAndGo(this.#target, this.#random, number)
      .then((manner) => {
        this.#counts.cameAndWent[manner] = (this.#counts.cameAndWent[manner] ?? 0) + 1;
      })
      .catch((error: unknown) => this.#failed(`guest: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => this.#visits.delete(visit));
    this.#visits.add(visit);
  }

  #failed(what: string): void {
    this.#counts.failures[what] = (this.#counts.failures[what] ?? 0) + 1;
  }
}
