/** How a programming language writes a character in a string literal that it could not write plainly. */
export type Dialect = 'python' | 'javascript' | 'go' | 'java' | 'kotlin' | 'swift' | 'c';

/** What must not stand in a source file as it is: control characters, line separators, and what turns the text around. */
const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A string literal in double quotes that is exactly this text in the language: whatever the text holds, the literal ends
 * where it should and nothing in it is interpolated. What is not well-formed Unicode becomes U+FFFD.
 */
export function stringLiteral(text: string, dialect: Dialect): string {
  const quoted = text
    .toWellFormed()
    .replaceAll(/["\\]/g, (character) => `\\${character}`)
    .replaceAll(unsafe, (character) => named[character] ?? escapeOf(character, dialect));
  return `"${forDialect(quoted, dialect)}"`;
}

function forDialect(quoted: string, dialect: Dialect): string {
  // Kotlin puts values in at `$`; two question marks may begin a trigraph in C.
  if (dialect === 'kotlin') return quoted.replaceAll('$', '\\$');
  if (dialect === 'c') return quoted.replaceAll('?', '\\?');
  return quoted;
}

/** A character in the Basic Multilingual Plane, by its number. */
function escapeOf(character: string, dialect: Dialect): string {
  const code = character.charCodeAt(0);
  if (dialect === 'swift') return `\\u{${code.toString(16)}}`;
  if (dialect === 'c') return utf8(code).map(octal).join('');
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Octal has at most three digits in C, so that a digit behind it is not taken for a part of it, as in hexadecimal. */
function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

function utf8(code: number): number[] {
  if (code < 0x80) return [code];
  if (code < 0x8_00) return [0xc0 | (code >> 6), 0x80 | (code & 0x3f)];
  return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
}
