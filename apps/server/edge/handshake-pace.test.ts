import { describe, expect, test } from 'bun:test';
import { HandshakePaces } from './handshake-pace.ts';

interface TestVisitor {
  readonly name: string;
  isAbandoned: boolean;
  abandon(): void;
}

/** Paces on a clock that the test moves. */
class Bench {
  now = 1_000_000;
  readonly started: string[] = [];
  #due: { at: number; run: () => void }[] = [];
  readonly abandoned: string[] = [];
  readonly paces = new HandshakePaces<TestVisitor>(
    () => this.now,
    (milliseconds, run) => void this.#due.push({ at: this.now + milliseconds, run }),
    ({ name }) => void this.started.push(name),
  );

  enter(name: string, key: string, perSecond: number): TestVisitor {
    const visitor = { name, isAbandoned: false, abandon: () => void this.abandoned.push(name) };
    if (this.paces.enter(visitor, { key, perSecond })) this.started.push(name);
    return visitor;
  }

  pass(milliseconds: number): void {
    for (let step = 0; step < milliseconds; step++) {
      this.now += 1;
      const due = this.#due.filter(({ at }) => at <= this.now);
      this.#due = this.#due.filter(({ at }) => at > this.now);
      for (const { run } of due) run();
    }
  }

  get isTimed(): boolean {
    return this.#due.length > 0;
  }
}

describe('the pace of handshakes', () => {
  test('a burst of a tenth of a second, then evenly and in order', () => {
    const bench = new Bench();
    for (let index = 0; index < 40; index++) bench.enter(`v${index}`, 'noisy', 200);
    expect(bench.started).toHaveLength(20);
    bench.pass(5);
    expect(bench.started).toHaveLength(21);
    bench.pass(45);
    expect(bench.started).toHaveLength(30);
    bench.pass(50);
    expect(bench.started).toEqual(Array.from({ length: 40 }, (_, index) => `v${index}`));
    expect(bench.paces.paced).toBe(20);
  });

  test('who comes later does not overtake those that wait', () => {
    const bench = new Bench();
    for (let index = 0; index < 7; index++) bench.enter(`v${index}`, 'slow', 10);
    expect(bench.started).toHaveLength(5);
    bench.pass(99);
    bench.enter('late', 'slow', 10);
    bench.pass(101);
    expect(bench.started).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6']);
    bench.pass(100);
    expect(bench.started.at(-1)).toBe('late');
  });

  test('whoever was abandoned takes no turn', () => {
    const bench = new Bench();
    const visitors = Array.from({ length: 10 }, (_, index) => bench.enter(`v${index}`, 'slow', 10));
    for (const visitor of visitors.slice(5, 9)) visitor.isAbandoned = true;
    bench.pass(100);
    expect(bench.started).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v9']);
    expect(bench.abandoned).toEqual(['v5', 'v6', 'v7', 'v8']);
  });

  test('one group does not wait for another', () => {
    const bench = new Bench();
    for (let index = 0; index < 100; index++) bench.enter(`noisy ${index}`, 'noisy', 10);
    bench.enter('quiet', 'quiet', 10);
    expect(bench.started.at(-1)).toBe('quiet');
  });

  test('one that gives up leaves its place to the next', () => {
    const bench = new Bench();
    const visitors = Array.from({ length: 8 }, (_, index) => bench.enter(`v${index}`, 'slow', 10));
    const givesUp = (index: number): boolean =>
      visitors.slice(index, index + 1).every((one) => bench.paces.giveUp(one));
    expect(givesUp(5)).toBe(true);
    expect(givesUp(5)).toBe(false);
    expect(givesUp(0)).toBe(false);
    bench.pass(200);
    expect(bench.started).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v6', 'v7']);
  });

  test('no timer runs when nobody waits, and a clock set back holds nobody up for long', () => {
    const bench = new Bench();
    for (let index = 0; index < 5; index++) bench.enter(`v${index}`, 'slow', 10);
    expect(bench.isTimed).toBe(false);
    bench.now -= 3_600_000;
    bench.enter('back', 'slow', 10);
    expect(bench.isTimed).toBe(true);
    bench.pass(101);
    expect(bench.started.at(-1)).toBe('back');
    bench.pass(1);
    expect(bench.isTimed).toBe(false);
  });
});
