import type { Damage, JournalReport } from '../../server/journal/check.ts';
import type { Language } from '../language.ts';
import { displayWidth, padTo, printable, renderTable } from '../table.ts';

const words = {
  en: {
    file: 'Journal',
    format: 'Format',
    empty: 'empty',
    batches: 'Batches to fold',
    transactions: 'In the write-ahead log only',
    headings: ['deployment', 'sessions', 'subscriptions', 'messages', 'in flight', 'receipts', 'retained'],
    nothing: 'Nothing is kept: no sessions that last, no retained messages.',
    whole: 'No damage found.',
    notLocked:
      'Checked without a lock, since nothing can be written there and no service has left a file for it: while a service runs, its work can look like damage.',
    damage: 'Damage',
    kinds: {
      'torn-end': 'the last batch is not whole',
      'write-ahead-log': 'the write-ahead log is damaged',
      batch: 'a batch is damaged',
      record: 'a record is damaged',
      structure: 'the file is damaged',
      unreadable: 'the file cannot be read',
    },
    torn: 'The next start cuts the end off. What it held was never acknowledged, unless the disk has lost what it said was safe.',
    remedy:
      'The service does not start with it. Restore the data directory from a backup; or move journal.sqlite and journal.sqlite-wal away, and sessions, queued and retained messages start empty.',
  },
  zh: {
    file: '日志文件',
    format: '格式',
    empty: '空',
    batches: '待合并批次',
    transactions: '仅在预写日志中',
    headings: ['部署', '会话', '订阅', '消息', '飞行中', 'QoS 2 回执', '保留消息'],
    nothing: '没有保存任何内容：没有持久会话，也没有保留消息。',
    whole: '未发现损坏。',
    notLocked: '检查时没有加锁：该处无法写入，也没有服务留下的锁文件。如果有服务正在运行，其写入可能看起来像损坏。',
    damage: '损坏',
    kinds: {
      'torn-end': '最后一个批次不完整',
      'write-ahead-log': '预写日志已损坏',
      batch: '某个批次已损坏',
      record: '某条记录已损坏',
      structure: '文件结构已损坏',
      unreadable: '文件无法读取',
    },
    torn: '下次启动时会截掉不完整的末尾。其中的内容从未被确认，除非磁盘丢失了它声称已写入的数据。',
    remedy:
      '服务无法用它启动。请从备份恢复数据目录；或者移走 journal.sqlite 和 journal.sqlite-wal，会话、排队消息和保留消息将从空开始。',
  },
} as const;

/** The report for people: what is kept, what is damaged, and what to do. */
export function renderJournalReport(report: JournalReport, language: Language): string {
  const text = words[language];
  const rows = [
    [text.file, `${report.path} (${report.bytes.toLocaleString('en')} B)`],
    [text.format, report.format === null ? text.empty : String(report.format)],
    [text.batches, String(report.batches)],
    [text.transactions, String(report.transactions)],
  ];
  const width = Math.max(...rows.map(([label = '']) => displayWidth(label)));
  const head = rows.map(([label = '', value = '']) => `${padTo(label, width)}  ${printable(value)}\n`).join('');
  const table =
    report.deployments.length === 0
      ? `${text.nothing}\n`
      : renderTable(
          text.headings,
          report.deployments.map((entry) =>
            [
              entry.id,
              entry.sessions,
              entry.subscriptions,
              entry.messages,
              entry.inFlight,
              entry.receipts,
              entry.retained,
            ].map(String),
          ),
        );
  const notLocked = report.locked ? '' : `${text.notLocked}\n`;
  return `${head}\n${table}\n${notLocked}${renderDamage(report.damage, language)}`;
}

function renderDamage(damage: readonly Damage[], language: Language): string {
  const text = words[language];
  if (damage.length === 0) return `${text.whole}\n`;
  const lines = damage.map(({ kind, detail }) => `${text.damage}: ${text.kinds[kind]} (${printable(detail)})\n`);
  const advice = damage.every(({ kind }) => kind === 'torn-end') ? text.torn : text.remedy;
  return `${lines.join('')}${advice}\n`;
}
