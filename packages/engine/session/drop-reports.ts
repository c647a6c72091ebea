import type { FaultName } from '../../faults/mod.ts';
import type { Session } from './session.ts';
import type { Timer, Timers } from '../timers.ts';

/** How often at most an event repeats that one session's messages are being dropped for one reason. */
const DROP_EVENT_INTERVAL_MS = 10_000;

interface Tally {
  /** Dropped since the last event. */
  count: number;
  topic: string;
  timer: Timer;
}

/** Says one event. */
export type SayDrops = (session: Session, fault: FaultName, topic: string, count: number, now: number) => void;

/**
 * Messages that were dropped, said without a flood: the first one at once, those that follow together, none unsaid.
 */
export class DropReports {
  readonly #timers: Timers;
  readonly #say: SayDrops;
  readonly #tallies = new Map<Session, Map<FaultName, Tally>>();

  constructor(timers: Timers, say: SayDrops) {
    this.#timers = timers;
    this.#say = say;
  }

  add(session: Session, fault: FaultName, topic: string, now: number): void {
    let tallies = this.#tallies.get(session);
    if (tallies === undefined) {
      tallies = new Map();
      this.#tallies.set(session, tallies);
    }
    const tally = tallies.get(fault);
    if (tally !== undefined) {
      tally.count++;
      tally.topic = topic;
      return;
    }
    this.#say(session, fault, topic, 1, now);
    tallies.set(fault, { count: 0, topic, timer: this.#schedule(session, fault, now) });
  }

  /** The session ends: says what is unsaid and forgets it. */
  finish(session: Session, now: number): void {
    const tallies = this.#tallies.get(session);
    if (tallies === undefined) return;
    this.#tallies.delete(session);
    for (const [fault, { count, topic, timer }] of tallies) {
      this.#timers.cancel(timer);
      if (count > 0) this.#say(session, fault, topic, count, now);
    }
  }

  #schedule(session: Session, fault: FaultName, now: number): Timer {
    return this.#timers.wait(now + DROP_EVENT_INTERVAL_MS, (at) => this.#due(session, fault, at));
  }

  #due(session: Session, fault: FaultName, now: number): void {
    const tallies = this.#tallies.get(session);
    const tally = tallies?.get(fault);
    if (tallies === undefined || tally === undefined) return;
    if (tally.count === 0) {
      tallies.delete(fault);
      if (tallies.size === 0) this.#tallies.delete(session);
      return;
    }
    this.#say(session, fault, tally.topic, tally.count, now);
    tally.count = 0;
    tally.timer = this.#schedule(session, fault, now);
  }
}
