import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { cleanText } from './clean-text.ts';

test('ordinary text of any script stays as it is', () => {
  expect(cleanText('sensor-1 温度 "x" \\ é 😀', 100)).toBe('sensor-1 温度 "x" \\ é 😀');
});

test('control, format and separator characters are written as escapes', () => {
  expect(cleanText('a\u001b[31mb\r\nc\u0000', 100)).toBe('a\\u{1b}[31mb\\u{d}\\u{a}c\\u{0}');
  expect(cleanText('\u009b31m \u202etxt \u2028', 100)).toBe('\\u{9b}31m \\u{202e}txt \\u{2028}');
  expect(cleanText('a\u007fb', 100)).toBe('a\\u{7f}b');
});

test('a text that is too long is cut and says so', () => {
  expect(cleanText('abcdef', 6)).toBe('abcdef');
  expect(cleanText('abcdefgh', 6)).toBe('abcdef... (2 more)');
});

test('a surrogate pair that is cut in two leaves no half', () => {
  expect(cleanText('a😀', 2)).toBe('a\\u{d83d}... (1 more)');
});

test('whatever comes in, nothing unsafe and nothing long comes out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const clean = cleanText(text, 50);
      expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      expect(clean.length).toBeLessThanOrEqual(50 * 9 + 20);
    }),
  );
});
