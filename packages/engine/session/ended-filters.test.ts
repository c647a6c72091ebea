import { describe, expect, test } from 'bun:test';
import { EndedFilters } from './ended-filters.ts';

describe('EndedFilters', () => {
  test('a topic waits for the last batch in which a session ended that would have got it', () => {
    const ended = new EndedFilters();
    ended.add('t/+', 1, 0);
    ended.add('$share/g/t/a', 2, 0);
    ended.add('#', 3, 0);
    ended.add('t/+', 4, 0);
    expect(['t/a', 't/b', 'x', '$x'].map((topic) => ended.batchOf(topic, 0))).toEqual([4, 4, 3, 0]);
    expect(['t/a', 'x'].map((topic) => ended.batchOf(topic, 3))).toEqual([4, 0]);
    expect([ended.count, ended.batchOf('t/a', 4), ended.count]).toEqual([1, 0, 0]);
  });

  test('what is durable does not pile up, though nobody asks', () => {
    const ended = new EndedFilters();
    for (let batch = 1; batch <= 1000; batch++) {
      ended.add(`one/${batch}`, batch, batch - 2);
      ended.add(`+/${batch}`, batch, batch - 2);
      expect(ended.count).toBeLessThanOrEqual(4);
    }
  });
});
