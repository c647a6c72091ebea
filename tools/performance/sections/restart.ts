import type { Results } from '../results.ts';
import { figure, provenance, table, type Both, type Section } from '../text.ts';
import { verdictOf, verdicts } from '../verdict.ts';

/** What has nothing to restore: what a start takes by itself. */
const empty = 'an empty journal';
const names: Readonly<Record<string, Both>> = {
  [empty]: { en: 'an empty journal, to compare', zh: '空日志（作对照）' },
  'stopped in order': { en: 'after a stop in order', zh: '正常停止之后' },
  'nothing folded': { en: 'after a kill, nothing folded', zh: '被 kill 之后，日志完全未折叠' },
};

/** How long a start takes with sessions and messages in the journal, and whether all of them came back. */
export function restartSection({ content, file }: NonNullable<Results['restart']>): Section {
  const { rows, filling, secondsMax } = content;
  const { sessions, messagesPerSession, subscriptionsPerSession, payloadBytes, retained } = filling;
  const wanted = {
    sessions,
    subscriptions: sessions * subscriptionsPerSession,
    queuedMessages: sessions * messagesPerSession,
    retainedMessages: retained,
  };
  type Row = (typeof rows)[number];
  const isWhole = ({ restored }: Row) =>
    (['sessions', 'subscriptions', 'queuedMessages', 'retainedMessages'] as const).every(
      (kind) => restored[kind] === wanted[kind],
    );
  const verdict = (row: Row) => verdicts[isWhole(row) ? verdictOf(row.medianSeconds, secondsMax) : 'missed'];
  return {
    title: { en: 'Restart', zh: '重启' },
    body: (language) => [
      ...(language === 'en'
        ? [
            `From the start of the process until a device can connect, with ${figure(sessions)} sessions in the journal: ${figure(wanted.subscriptions)} subscriptions, ${figure(wanted.queuedMessages)} queued messages of`,
            `${payloadBytes} bytes, ${figure(retained)} retained messages. At most ${secondsMax} s is wanted, and that every one of them comes back. Medians of ${rows[0]?.seconds.length ?? 0} starts.`,
          ]
        : [
            `从进程启动到设备可以连接的时间，日志中有 ${figure(sessions)} 个会话、${figure(wanted.subscriptions)} 个订阅、${figure(wanted.queuedMessages)} 条排队消息（${payloadBytes} 字节）和 ${figure(retained)} 条保留消息。`,
            `要求不超过 ${secondsMax} 秒，并且全部恢复。取 ${rows[0]?.seconds.length ?? 0} 次启动的中位数。`,
          ]),
      '',
      ...table(
        language === 'en'
          ? [
              'start',
              'median, s',
              'fastest to slowest, s',
              'sessions back',
              'queued messages back',
              'resident, MiB',
              'must',
              'verdict',
            ]
          : ['启动', '中位数，秒', '最快至最慢，秒', '恢复的会话', '恢复的排队消息', '常驻内存，MiB', '要求', '结论'],
        rows.map((row) => [
          names[row.name]?.[language] ?? row.name,
          row.medianSeconds.toFixed(2),
          `${Math.min(...row.seconds).toFixed(2)} – ${Math.max(...row.seconds).toFixed(2)}`,
          figure(row.restored.sessions),
          figure(row.restored.queuedMessages),
          figure(row.residentMiB),
          row.name === empty ? '' : `≤ ${secondsMax} ${language === 'en' ? 's' : '秒'}`,
          row.name === empty ? '' : verdict(row)[language],
        ]),
      ),
      ...provenance(language, content, 'bun bench/restart.ts', file),
    ],
    charts: [],
  };
}
