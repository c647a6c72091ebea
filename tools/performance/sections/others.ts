import type { Results } from '../results.ts';
import { figure, provenance, table, type Both, type Language, type Section } from '../text.ts';

const titles: Readonly<Record<string, Both>> = {
  restart: { en: 'Restart', zh: '重启' },
  folding: { en: 'Folding beside traffic', zh: '流量中的日志折叠' },
  start: { en: 'Start', zh: '启动' },
  'bench-agreement': { en: 'berth bench beside another generator', zh: 'berth bench 与另一负载生成器' },
};
/** Said of every file, and not a figure. */
const framing = new Set(['date', 'command', 'versions', 'machine', 'bun']);

/** A file without a section of its own: its figures by their names, and lists of them as tables. */
export function otherSection({ content, file }: Results['others'][number]): Section {
  const name = file.slice(file.lastIndexOf('/') + 1, -'.json'.length);
  const title = titles[name] ?? { en: wordsOf(name), zh: wordsOf(name) };
  return {
    title,
    body: (language) => [
      ...figuresOf(content, language),
      ...provenance(language, content, `bun bench/${name}.ts`, file),
    ],
    charts: [],
  };
}

function figuresOf(content: Readonly<Record<string, unknown>>, language: Language): string[] {
  const entries = Object.entries(content).filter(([name]) => !framing.has(name));
  const scalars = entries.flatMap(([name, value]) => (isScalar(value) ? [[wordsOf(name), shown(value)]] : []));
  const lists = entries.flatMap(([name, value]) =>
    isList(value) ? [`**${wordsOf(name)}**`, '', ...listTable(value)] : [],
  );
  const head = language === 'en' ? ['figure', 'value'] : ['指标', '数值'];
  return [...(scalars.length > 0 ? table(head, scalars) : []), ...lists];
}

function listTable(list: readonly Readonly<Record<string, unknown>>[]): string[] {
  const columns = [...new Set(list.flatMap((row) => Object.keys(flat(row))))];
  return table(
    columns.map(wordsOf),
    list.map((row) => {
      const cells = flat(row);
      return columns.map((column) => shown(cells[column]));
    }),
  );
}

/** Objects one level down become columns. */
function flat(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, one]) => [`${name} ${inner}`, one])
        : [[name, value]],
    ),
  );
}

function isScalar(value: unknown): value is number | string | boolean {
  return ['number', 'string', 'boolean'].includes(typeof value);
}

function isList(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))
  );
}

function shown(value: unknown): string {
  if (typeof value === 'number') return figure(value);
  if (Array.isArray(value)) return value.map(shown).join(', ');
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
}

/** `cpuMsPerConnect` as `cpu ms per connect`, `residentMiB` as `resident MiB`. */
function wordsOf(name: string): string {
  return name
    .replaceAll(/[-_]/g, ' ')
    .replaceAll(/(?<=[a-z0-9])(?:KiB|MiB|GiB|[A-Z])|(?<=[A-Z])[A-Z](?=[a-z])/g, (found) =>
      found.length > 1 ? ` ${found}` : ` ${found.toLowerCase()}`,
    );
}
