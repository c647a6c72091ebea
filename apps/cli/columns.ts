/** Columns that a text takes on a terminal: a Chinese character takes two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const sign of text) columns += isWide(sign) ? 2 : 1;
  return columns;
}

/** Fills a text up with blanks, at least one. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(1, columns - columnsOf(text)));
}

/**
 * Breaks a text into lines between words, and between Chinese characters, though never before a closing punctuation mark.
 * A word that is longer than a line stays whole: it may be something to copy.
 */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(pieces) ?? []) {
    if (line !== '' && columnsOf(line + piece.trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  }
  return [...lines, line.trimEnd()];
}

/** A wide character with the punctuation behind it, or a word with the blanks behind it. */
const pieces =
  /[\u2E80-\uFFEF][\u3001\u3002\uFF0C\uFF1A\uFF1B\uFF09\u201D]*\s*|[^\s\u2E80-\uFFEF]+[\u3001\u3002\uFF0C\uFF1A\uFF1B\uFF09\u201D]*\s*|\s+/g;

function isWide(sign: string): boolean {
  return /[\u2E80-\uFFEF]/.test(sign);
}
