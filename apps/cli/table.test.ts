import { expect, test } from 'bun:test';
import { displayWidth, renderTable } from './table.ts';

test('columns are aligned, also where characters are two columns wide', () => {
  const table = renderTable(
    ['ID', 'NAME', 'N'],
    [
      ['a1', '一号工厂', '7'],
      ['b22', 'plant', '12'],
    ],
  );
  expect(table).toBe(['ID   NAME      N', 'a1   一号工厂  7', 'b22  plant     12', ''].join('\n'));
  const starts = table
    .split('\n')
    .slice(0, 3)
    .map((line) => displayWidth(line.slice(0, line.search(/\S+$/))));
  expect(new Set(starts).size).toBe(1);
});

test('no spaces at line ends, and a missing cell is empty', () => {
  expect(renderTable(['A', 'B'], [['x'], ['', 'y']])).toBe('A  B\nx\n   y\n');
});

test('control characters cannot move the cursor', () => {
  expect(renderTable(['A'], [['x\u001b[2Jy\n']])).toBe('A\nx?[2Jy?\n');
});
