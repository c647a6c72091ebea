import { describe, expect, test } from 'bun:test';
import { columnsOf, padTo, wrap } from './columns.ts';

test('a Chinese character takes two columns', () => {
  expect([columnsOf('abc'), columnsOf('时钟'), columnsOf('a，')]).toEqual([3, 4, 3]);
  expect(padTo('时钟', 6)).toBe('时钟  ');
  expect(padTo('too long', 3)).toBe('too long ');
});

describe('wrap', () => {
  test('between words', () => expect(wrap('one two three', 8)).toEqual(['one two', 'three']));
  test('a long word stays whole', () =>
    expect(wrap('a mqtts://host:8883/path b', 6)).toEqual(['a', 'mqtts://host:8883/path', 'b']));
  test('between Chinese characters, not before a comma', () =>
    expect(wrap('时钟错误，请校准', 8)).toEqual(['时钟错', '误，请校', '准']));
  test('an empty text is an empty line', () => expect(wrap('', 8)).toEqual(['']));
});
