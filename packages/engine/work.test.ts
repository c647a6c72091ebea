import { describe, expect, test } from 'bun:test';
import { Work } from './work.ts';

/** The end of a turn of the loop. */
function endTurn(busy: Set<Work>, now: number): void {
  for (const work of busy) work.renew(now);
}

describe('the share of a deployment', () => {
  test('is given back with the next turn, whatever has used it up', () => {
    const uses: ((work: Work) => void)[] = [
      (work) => work.deliver(100_000, 0),
      (work) => work.spend(100_000),
      (work) => {
        for (let packet = 0; packet < 100_000; packet++) work.packet(0);
      },
    ];
    for (const use of uses) {
      const busy = new Set<Work>();
      const work = new Work(busy);
      use(work);
      expect(work.isSpent).toBe(true);
      endTurn(busy, 0);
      expect(work.isSpent).toBe(false);
      // And once more, after a long time without a packet.
      endTurn(busy, 60_000);
      expect(busy.size).toBe(0);
      work.deliver(100_000, 0);
      expect(work.isSpent).toBe(true);
      endTurn(busy, 60_000);
      expect(work.isSpent).toBe(false);
    }
  });

  test('clients that are gone have one of their own, all of them together', () => {
    const busy = new Set<Work>();
    const work = new Work(busy);
    work.spend(100_000);
    expect(work.hasShareForGone).toBe(true);
    work.serveGone(true);
    work.spend(10_000);
    work.serveGone(false);
    expect(work.hasShareForGone).toBe(false);
    endTurn(busy, 0);
    expect([work.isSpent, work.hasShareForGone]).toEqual([false, true]);
  });

  test('is smaller while another deployment has been busy within a second', () => {
    const busy = new Set<Work>();
    const [work, other] = [new Work(busy), new Work(busy)];
    work.packet(0);
    other.packet(0);
    endTurn(busy, 0);
    work.deliver(2_000, 0);
    expect(work.isSpent).toBe(true);
    work.packet(2_000);
    endTurn(busy, 2_000);
    endTurn(busy, 2_000);
    work.deliver(2_000, 0);
    expect(work.isSpent).toBe(false);
  });

  test('a clock that is set back leaves nobody busy', () => {
    const busy = new Set<Work>();
    const work = new Work(busy);
    work.packet(1_000_000);
    endTurn(busy, 1_000);
    expect(busy.size).toBe(0);
    work.packet(1_000);
    endTurn(busy, 1_500);
    expect(busy.size).toBe(1);
  });
});
