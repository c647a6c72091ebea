import { expect, test } from 'bun:test';
import { selfTimes } from './self-times.ts';

const frame = (id: number, functionName: string, url: string, lineNumber: number) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

test('self time joins the nodes of a function, and leaves idle time out', () => {
  const profile = {
    nodes: [
      frame(1, '(root)', '', -1),
      frame(2, 'work', 'file:///r/a.ts', 9),
      frame(3, 'work', 'file:///r/a.ts', 9),
      frame(4, 'write', '', -1),
      frame(5, '(idle)', '', -1),
    ],
    samples: [2, 3, 4, 5, 4],
    // The last one came after the thread had slept.
    timeDeltas: [1000, 2000, 1000, 1000, 9000],
  };
  const { functions, busyMs, idleShare } = selfTimes(profile, '/r', 0);
  expect(functions).toEqual([
    { name: 'work', place: 'a.ts:10', share: 0.75 },
    { name: 'write', place: '(native)', share: 0.25 },
  ]);
  expect([busyMs, idleShare]).toEqual([4, 10 / 14]);
  // What the process did before the load is left out.
  expect(selfTimes(profile, '/r', 2).busyMs).toBe(3);
});
