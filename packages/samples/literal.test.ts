import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { stringLiteral, type Dialect } from './literal.ts';

const awkward = `a"b\\c$d\${e}%s??/\n\r\t\u0001\u007f\u2028\u202e'\`#{f}\\(g)终`;

describe('a literal is the text, whatever stands in it', () => {
  const expected: Readonly<Record<Dialect, string>> = {
    python: String.raw`"a\"b\\c$d${'$'}{e}%s??/\n\r\t\u0001\u007f\u2028\u202e'${'`'}#{f}\\(g)`,
    javascript: String.raw`"a\"b\\c$d${'$'}{e}%s??/\n\r\t\u0001\u007f\u2028\u202e'${'`'}#{f}\\(g)`,
    go: String.raw`"a\"b\\c$d${'$'}{e}%s??/\n\r\t\u0001\u007f\u2028\u202e'${'`'}#{f}\\(g)`,
    java: String.raw`"a\"b\\c$d${'$'}{e}%s??/\n\r\t\u0001\u007f\u2028\u202e'${'`'}#{f}\\(g)`,
    kotlin: String.raw`"a\"b\\c\$d\${e}%s??/\n\r\t\u0001\u007f\u2028\u202e'${'`'}#{f}\\(g)`,
    swift: String.raw`"a\"b\\c$d${'$'}{e}%s??/\n\r\t\u{1}\u{7f}\u{2028}\u{202e}'${'`'}#{f}\\(g)`,
    c: String.raw`"a\"b\\c$d${'$'}{e}%s\?\?/\n\r\t\001\177\342\200\250\342\200\256'${'`'}#{f}\\(g)`,
  };
  test.each(Object.entries(expected))('%s', (dialect, literal) => {
    expect(stringLiteral(awkward, dialect as Dialect)).toBe(`${literal}终"`);
  });
});

test('what JavaScript reads is what was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(JSON.parse(stringLiteral(text, 'javascript'))).toBe(text.toWellFormed());
    }),
  );
});

test('no literal has a line end, a quote that ends it, or text that is turned around', () => {
  const dialects: readonly Dialect[] = ['python', 'javascript', 'go', 'java', 'kotlin', 'swift', 'c'];
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...dialects), (text, dialect) => {
      const literal = stringLiteral(text, dialect);
      expect(literal).toMatch(/^"(?:[^"\\]|\\.)*"$/u);
      expect(literal).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      if (dialect === 'kotlin') expect(literal).not.toMatch(/(?<!\\)\$/);
    }),
  );
});

test('half a character becomes the replacement character', () => {
  expect(stringLiteral('a\ud800b', 'go')).toBe('"a\ufffdb"');
});
