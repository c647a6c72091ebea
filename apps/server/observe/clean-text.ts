/**
 * What must not reach a terminal or a log viewer as it is: control characters (escape sequences, line ends),
 * format characters (text that runs backwards), line and paragraph separators, halves of a surrogate pair.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/**
 * A text that came from a device, fit for a log line: unsafe characters as `\u{1b}`, and at most `charsMax` characters
 * of the original, then how many are missing.
 */
export function cleanText(text: string, charsMax: number): string {
  // As nearly all are: spares the expression.
  if (text.length <= charsMax && isPrintableAscii(text)) return text;
  // The concatenation also makes a copy, so that a short piece does not keep a long text in memory.
  const bounded = text.length <= charsMax ? text : `${text.slice(0, charsMax)}... (${text.length - charsMax} more)`;
  return bounded.replace(unsafe, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function isPrintableAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}
