import { renderTable } from '../../apps/cli/table.ts';
import type { Row } from './rows.ts';

/** One row with what was measured in each round. */
export interface MeasuredRow extends Row {
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly medians: Readonly<Record<string, number>>;
  /** Berth over Mosquitto. */
  readonly ratio: number;
  readonly verdict: 'aim' | 'must' | 'missed';
}

/** The middle value; of an even number the mean of the middle two. @throws RangeError where there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN;
  return (low + high) / 2;
}

/** Joins what was measured with what is wanted. */
export function judge(row: Row, values: Readonly<Record<string, readonly number[]>>): MeasuredRow {
  const medians = Object.fromEntries(Object.entries(values).map(([broker, list]) => [broker, median(list)]));
  const ratio = (medians['berth'] ?? Number.NaN) / (medians['mosquitto'] ?? Number.NaN);
  const reaches = (wanted: number): boolean => (row.higherIsBetter ? ratio >= wanted : ratio <= wanted);
  return { ...row, values, medians, ratio, verdict: reaches(row.aim) ? 'aim' : reaches(row.must) ? 'must' : 'missed' };
}

/** The table for people. */
export function renderComparison(rows: readonly MeasuredRow[], brokers: readonly string[]): string {
  const figure = (value: number | undefined): string =>
    value === undefined ? '' : value < 10 ? value.toFixed(2) : value.toFixed(1);
  return renderTable(
    ['load', ...brokers, 'unit', 'ratio', 'must', 'aim', ''],
    rows.map((row) => [
      row.name,
      ...brokers.map((broker) => figure(row.medians[broker])),
      row.unit,
      `${row.ratio.toFixed(2)}x`,
      `${row.must}x`,
      `${row.aim}x`,
      row.verdict,
    ]),
  );
}
