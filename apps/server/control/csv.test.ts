import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ControlError } from './control-error.ts';
import { guard, readCsv, unguard, writeCsv } from './csv.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readCsv(bytes(text), ['a', 'b']);
const rows = (text: string) => read(text).map(({ line, cells }) => [line, cells.a, cells.b]);

function problem(input: string | Uint8Array): string {
  try {
    readCsv(typeof input === 'string' ? bytes(input) : input, ['a', 'b']);
  } catch (error) {
    if (error instanceof ControlError) return `${error.status} ${error.code} ${error.field}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('reading', () => {
  test('lines end with CR LF or LF, the last one with nothing too; empty lines are none', () => {
    expect(rows('a,b\r\n1,2\r\n\r\n3,4')).toEqual([
      [2, '1', '2'],
      [4, '3', '4'],
    ]);
    expect(rows('a,b\n1,\n')).toEqual([[2, '1', '']]);
    expect(rows('a,b\n1,')).toEqual([[2, '1', '']]);
  });

  test('quoted values hold commas, quotes and line breaks; lines are counted as a person sees them', () => {
    expect(rows('a,b\n"1,""x""","2\r\n\n3"\n4,5')).toEqual([
      [2, '1,"x"', '2\r\n\n3'],
      [5, '4', '5'],
    ]);
    expect(rows('a,b\n"",""\n')).toEqual([[2, '', '']]);
  });

  test('columns may stand in another order, after a byte order mark', () => {
    expect(rows('\ufeffb,a\n1,2')).toEqual([[2, '2', '1']]);
  });

  test.each([
    ['', 1],
    ['a\n1', 1],
    ['a,b,c\n1,2,3', 1],
    ['a;b\n1;2', 1],
    ['a,b\n1,2\n3\n', 3],
    ['a,b\n1,2,3', 2],
    ['a,b\n1,x"y', 2],
    ['a,b\n\n1,"2" ', 3],
    ['a,b\n1,"2\n3', 2],
    ['a,b\n1,2\r3', 2],
  ])('%p is refused with its line', (text, line) => {
    expect(problem(text)).toStartWith(`400 csv.invalid line ${line}: Line ${line}: `);
  });

  test('text in another encoding is refused with its line', () => {
    expect(problem(Uint8Array.of(...bytes('a,b\n1,2\n'), 0xd6, 0xd0, 0x2c, 0x31))).toContain(
      'Line 3: the text is not UTF-8',
    );
  });

  test('many wrong lines are counted', () => {
    const message = problem(`a,b\n${'1\n'.repeat(8)}`);
    expect(message).toContain('Line 6: ');
    expect(message).not.toContain('Line 7: ');
    expect(message).toEndWith('3 more lines are wrong.');
  });

  test('a large value in quotes is read, and one that never ends refused', () => {
    const large = 'x""'.repeat(300_000);
    expect(read(`a,b\n"${large}",1`)[0]?.cells.a).toHaveLength(600_000);
    expect(problem(`a,b\n"${large},1`)).toContain('Line 2');
  });
});

describe('writing', () => {
  test('is read back as it was', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\r', '\n', '=', "'", ' ', '中') });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (records) => {
        const kept = read(writeCsv(['a', 'b'], records)).map(({ cells }) => [cells.a, cells.b]);
        expect(kept).toEqual(records);
      }),
    );
  });

  test('what a spreadsheet would run is guarded, and comes back as it was', () => {
    for (const start of ['=', '+', '-', '@', '\t', '\r', '＝', '＋', "'"])
      expect(guard(`${start}x`)).toBe(`'${start}x`);
    for (const plain of ['x', '', '1=2', '#', '/+']) expect(guard(plain)).toBe(plain);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('=', '+', '-', '@', "'", 'a', '＝') }), (text) => {
        expect(unguard(guard(text))).toBe(text);
        expect(guard(text)).not.toMatch(/^[=+\-@＝]/);
      }),
    );
    expect(unguard("'x")).toBe("'x");
  });
});
