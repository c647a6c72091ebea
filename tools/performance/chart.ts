/**
 * Charts as SVG, drawn for a page that may be light or dark: each has a background of its own and takes its colours from what
 * the reader prefers.
 */

const width = 760;
const fontSize = 13;
const colours = ['#2f6fdd', '#8a94a6', '#d98324'] as const;
const darkColours = ['#6ea3ff', '#8f9bb0', '#f0a95a'] as const;

/** A bar, or some beside each other, with a label. */
export interface BarGroup {
  readonly label: string;
  readonly bars: readonly { readonly value: number; readonly text: string }[];
  /** Marks on the scale, such as what is wanted. */
  readonly marks?: readonly number[];
}

export interface BarChart {
  readonly title: string;
  /** Names of the bars of each group, where there are more than one. */
  readonly legend: readonly string[];
  readonly groups: readonly BarGroup[];
  /** What a mark means, where there are any. */
  readonly marked?: string;
}

/** Horizontal bars. */
export function barChart({ title, legend, groups, marked }: BarChart): string {
  const labelWidth = 250;
  const right = 90;
  const barHeight = 14;
  const gap = 12;
  const wordsWidth = 45;
  const keys = [...(legend.length > 1 ? legend : []), ...(marked === undefined ? [] : [`| ${marked}`])];
  const top = keys.length > 0 ? 62 : 42;
  const most = Math.max(...groups.flatMap(({ bars, marks = [] }) => [...bars.map(({ value }) => value), ...marks]));
  const scale = (width - labelWidth - right) / (most || 1);
  const parts: string[] = [text(16, 24, title, 'title'), ...keysOf(keys)];
  let y = top;
  for (const { label, bars, marks = [] } of groups) {
    const height = bars.length * barHeight;
    parts.push(text(labelWidth - 10, y + height / 2 + 4, label, 'end'));
    for (const [index, { value, text: shown }] of bars.entries()) {
      const at = y + index * barHeight;
      const length = Math.max(1, value * scale);
      parts.push(
        `<rect class="c${index % colours.length}" x="${labelWidth}" y="${at}" width="${round(length)}" height="${barHeight - 2}" rx="2"/>`,
      );
      // Behind a mark that stands where the words would.
      const behind = marks
        .map((mark) => mark * scale)
        .filter((mark) => mark > length - 4 && mark < length + wordsWidth);
      parts.push(text(labelWidth + Math.max(length, ...behind) + 6, at + barHeight - 3, shown, 'small'));
    }
    for (const mark of marks) {
      const x = round(labelWidth + mark * scale);
      parts.push(`<line class="mark" x1="${x}" x2="${x}" y1="${y - 3}" y2="${y + height + 1}"/>`);
    }
    y += height + gap;
  }
  return document(title, y + 6, parts);
}

export interface LineChart {
  readonly title: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Horizontal lines with what they mean. */
  readonly levels: readonly { readonly y: number; readonly label: string }[];
}

/** One line over time. */
export function lineChart({ title, points, xLabel, yLabel, levels }: LineChart): string {
  const [left, right, top, bottom, height] = [64, 24, 48, 44, 280];
  const xMost = Math.max(1, ...points.map(({ x }) => x));
  const yMost = Math.max(...points.map(({ y }) => y), ...levels.map(({ y }) => y)) * 1.1;
  const atX = (x: number) => round(left + (x / xMost) * (width - left - right));
  const atY = (y: number) => round(height - bottom - (y / yMost) * (height - top - bottom));
  const parts = [text(16, 24, title, 'title')];
  const yStep = stepFor(yMost);
  for (let y = 0; y <= yMost; y += yStep) {
    parts.push(`<line class="grid" x1="${left}" x2="${width - right}" y1="${atY(y)}" y2="${atY(y)}"/>`);
    parts.push(text(left - 8, atY(y) + 4, String(y), 'end small'));
  }
  const xStep = stepFor(xMost);
  for (let x = 0; x <= xMost; x += xStep) parts.push(text(atX(x), height - bottom + 18, String(x), 'middle small'));
  for (const { y, label } of levels) {
    parts.push(`<line class="mark" x1="${left}" x2="${width - right}" y1="${atY(y)}" y2="${atY(y)}"/>`);
    parts.push(text(width - right, atY(y) - 5, label, 'end small'));
  }
  parts.push(`<polyline class="line" points="${points.map(({ x, y }) => `${atX(x)},${atY(y)}`).join(' ')}"/>`);
  parts.push(text((left + width - right) / 2, height - 8, xLabel, 'middle small'), text(16, 42, yLabel, 'small'));
  return document(title, height, parts);
}

function stepFor(most: number): number {
  const rough = most / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power * 10;
}

function keysOf(keys: readonly string[]): string[] {
  let x = 16;
  return keys.flatMap((key, index) => {
    const isMark = key.startsWith('| ');
    const name = isMark ? key.slice(2) : key;
    const sign = isMark
      ? `<line class="mark" x1="${x + 5}" x2="${x + 5}" y1="36" y2="50"/>`
      : `<rect class="c${index % colours.length}" x="${x}" y="38" width="10" height="10" rx="2"/>`;
    const word = text(x + 16, 47, name, 'small');
    // A Chinese character is about as wide as the font is high, a Latin one about half of that.
    x += 40 + [...name].reduce((sum, character) => sum + (character > '\u2e80' ? fontSize : fontSize * 0.55), 0);
    return [sign, word];
  });
}

function text(x: number, y: number, words: string, classes: string): string {
  return `<text class="${classes}" x="${round(x)}" y="${round(y)}">${escape(words)}</text>`;
}

function document(title: string, height: number, parts: readonly string[]): string {
  const scheme = (palette: readonly string[], ink: string, paper: string, grid: string) =>
    [
      `.paper{fill:${paper}}text{fill:${ink}}.grid{stroke:${grid}}.mark{stroke:${ink}}`,
      ...palette.map((colour, index) => `.c${index}{fill:${colour}}`),
      `.line{stroke:${palette[0] ?? ink}}`,
    ].join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${round(height)}" viewBox="0 0 ${width} ${round(height)}" role="img">`,
    `<title>${escape(title)}</title>`,
    '<style>',
    `text{font:${fontSize}px system-ui,sans-serif}.title{font-weight:600;font-size:15px}.small{font-size:11.5px}.end{text-anchor:end}.middle{text-anchor:middle}`,
    '.mark{stroke-width:1.5;stroke-dasharray:3 2}.line{fill:none;stroke-width:2}',
    scheme(colours, '#1c2430', '#ffffff', '#e3e7ee'),
    `@media (prefers-color-scheme:dark){${scheme(darkColours, '#dde4ee', '#14181f', '#2b3340')}}`,
    '</style>',
    '<rect class="paper" width="100%" height="100%" rx="6"/>',
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
