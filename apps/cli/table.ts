/** Columns that a terminal needs for the text: 2 for wide characters (CJK, emoji), 0 for combining ones. */
export function displayWidth(text: string): number {
  return Bun.stringWidth(text);
}

/** Pads with spaces on the right to the width, as a terminal shows it. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/**
 * An aligned table: a heading line and one line a row, two spaces between columns, no spaces at line ends.
 * Control characters in cells are replaced, so that a name cannot move the cursor.
 */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => displayWidth(row[column] ?? ''))));
  return cells
    .map((row) =>
      widths
        .map((width, column) => padTo(row[column] ?? '', width))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** The text with every control character replaced by `?`. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
