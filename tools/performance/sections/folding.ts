import type { Results } from '../results.ts';
import { figure, provenance, table, type Section } from '../text.ts';
import { verdictOf, verdicts } from '../verdict.ts';

/** How long acknowledgements and the main thread wait while the journal folds beside traffic. */
export function foldingSection({ content, file }: NonNullable<Results['folding']>): Section {
  const { rows, seconds, valueBytes, pauseMsMax } = content;
  return {
    title: { en: 'Folding beside traffic', zh: '流量中的日志折叠' },
    body: (language) => [
      ...(language === 'en'
        ? [
            'The journal folds what was changed into its snapshot while traffic goes on. Whether that holds traffic up is measured at steady rates of changes,',
            `${valueBytes} bytes each, for ${seconds} seconds a rate: how long an acknowledgement waits until its batch is durable (fsync), and how long the main thread,`,
            `asked every 2 ms, does not come round. At most ${pauseMsMax} ms is wanted of both, in 99.9 % of cases. At the lowest rate hardly anything is folded.`,
          ]
        : [
            '日志在处理流量的同时把变更折叠进快照。这里以恒定的变更速率测量折叠是否阻塞流量，',
            `每条变更 ${valueBytes} 字节，每档 ${seconds} 秒：确认要等多久其批次才落盘（fsync），以及主线程（每 2 毫秒触发一次）多久没有轮到。`,
            `两者在 99.9 % 的情况下都要求不超过 ${pauseMsMax} 毫秒。最低一档几乎没有折叠，可作对照。`,
          ]),
      '',
      ...table(
        language === 'en'
          ? [
              'changes a second',
              'acknowledgement, median, ms',
              'p99.9, ms',
              'longest, ms',
              'main thread, p99.9, ms',
              'longest, ms',
              `waits over ${pauseMsMax} ms`,
              'must, p99.9',
              'verdict',
            ]
          : [
              '每秒变更',
              '确认，中位数，毫秒',
              'p99.9，毫秒',
              '最长，毫秒',
              '主线程，p99.9，毫秒',
              '最长，毫秒',
              `超过 ${pauseMsMax} 毫秒的次数`,
              '要求，p99.9',
              '结论',
            ],
        rows.map(({ changesPerSecond, acknowledgementMs: acknowledgement, mainThreadMs: main }) => [
          figure(changesPerSecond),
          acknowledgement.p50.toFixed(1),
          acknowledgement.p999.toFixed(1),
          acknowledgement.max.toFixed(1),
          main.p999.toFixed(1),
          main.max.toFixed(1),
          figure(acknowledgement.over20 + main.over20),
          language === 'en' ? `≤ ${pauseMsMax} ms` : `≤ ${pauseMsMax} 毫秒`,
          verdicts[verdictOf(Math.max(acknowledgement.p999, main.p999), pauseMsMax)][language],
        ]),
      ),
      ...provenance(language, content, 'bun bench/folding.ts', file),
    ],
    charts: [],
  };
}
