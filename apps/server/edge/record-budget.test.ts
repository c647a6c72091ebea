import { expect, test } from 'bun:test';
import { RecordBudget, recordsPerSecond } from './record-budget.ts';

test('a connection with little traffic gets a record for each packet, one under load does not', () => {
  const budget = new RecordBudget();
  const granted = Array.from({ length: 100 }, () => budget.take(1_000)).filter(Boolean);
  expect(granted).toHaveLength(recordsPerSecond);
  expect(budget.take(1_001)).toBe(true);
});
