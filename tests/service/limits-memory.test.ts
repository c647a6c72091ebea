import { expect, test } from 'bun:test';
import { memoryAttacks } from '../../testkit/memory-attacks.ts';

test('memory under attack stays below the sum of the limits and the stated constant (bench/attack.ts runs the full size)', async () => {
  const sizes = { slowReaders: 400, retainedMessages: 2_000, fullQueues: 200, halfPackets: 1_500 };
  for await (const { name, peakBytes, boundBytes } of memoryAttacks(sizes))
    expect({ name, holds: peakBytes <= boundBytes, peakBytes }).toEqual({ name, holds: true, peakBytes });
}, 180_000);
