import { columnsOf, wrap } from './columns.ts';

/** Columns of a line for people: terminals are mostly wider, and longer lines read badly. */
export const lineWidth = 110;

/** A label and a text of several lines beside it, behind an indent. */
export function paragraph(indent: string, label: string, text: string): string[] {
  const beside = ' '.repeat(columnsOf(label));
  return wrap(text, lineWidth - indent.length - beside.length).map(
    (line, index) => indent + (index === 0 ? label : beside) + line,
  );
}
