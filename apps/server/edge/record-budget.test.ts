import { expect, test } from 'bun:test';
import { busyRecordsPerSecond, RecordBudget, recordsPerSecond } from './record-budget.ts';

test('a connection with little traffic gets a record for each packet, one under load does not', () => {
  const budget = new RecordBudget();
  const granted = Array.from({ length: 100 }, () => budget.take(1_000)).filter(Boolean);
  expect(granted).toHaveLength(recordsPerSecond);
  expect(budget.take(1_001)).toBe(true);
});

test('a connection that stays under load gets none, until it has been quiet for a second', () => {
  const budget = new RecordBudget();
  const asked = (second: number, times: number): number =>
    Array.from({ length: times }, () => budget.take(second)).filter(Boolean).length;
  expect(asked(1_000, busyRecordsPerSecond + 1)).toBe(recordsPerSecond);
  expect(asked(1_001, busyRecordsPerSecond)).toBe(0);
  expect(asked(1_002, busyRecordsPerSecond + 1)).toBe(recordsPerSecond);
  expect(asked(1_003, 1)).toBe(0);
  expect(asked(1_005, 1)).toBe(1);
});
