import type { Results } from '../results.ts';
import { figure, provenance, table, type Section } from '../text.ts';

/** How long the durable messages of a quiet deployment wait beside one that floods the journal. */
export function durableNeighbourSection({ content, file }: NonNullable<Results['durableNeighbour']>): Section {
  const { rows, ratePerSecond, rounds } = content;
  const rates = {
    default: { en: 'limits of a new deployment', zh: '新部署的默认限制' },
    none: { en: 'rates lifted', zh: '取消速率限制' },
  } as const;
  return {
    title: { en: 'A neighbour that floods the journal', zh: '大量写日志的邻居' },
    body: (language) => [
      ...(language === 'en'
        ? [
            `A quiet deployment publishes ${ratePerSecond} durable QoS 1 messages a second for a session whose client is away, and another one floods the journal`,
            'with such messages, 1,000 in flight. How long a PUBACK of the quiet one takes, after fsync, alone and beside the flood, medians of',
            `${rounds} rounds. Both share one core and one disk. With its rates lifted a flood takes what the disk gives: a message of the quiet one`,
            'then waits for the transaction that is being written and for its own, in which everything goes that waits, and it is the bytes in flight that make them long.',
          ]
        : [
            `一个安静的部署每秒发布 ${ratePerSecond} 条需要落盘的 QoS 1 消息，目标会话的客户端不在线；另一个部署以 1,000 条在途的同类消息大量写日志。`,
            `表中为安静部署的 PUBACK（fsync 之后）所需时间，单独时与有邻居时，取 ${rounds} 轮的中位数。两者共用一个核心和一块磁盘。`,
            '取消速率限制后，邻居会用满磁盘：此时安静部署的消息要等待正在写入的事务和它自己所在的事务（所有等待的内容都在其中），其长短取决于在途的字节数。',
          ]),
      '',
      ...table(
        language === 'en'
          ? [
              'the flood',
              'bytes each',
              'messages a second',
              'alone, median, ms',
              'p99, ms',
              'beside it, median, ms',
              'p99, ms',
            ]
          : ['邻居', '每条字节', '每秒消息', '单独，中位数，毫秒', 'p99，毫秒', '有邻居，中位数，毫秒', 'p99，毫秒'],
        rows.map((row) => [
          rates[row.rates][language],
          figure(row.payloadBytes),
          figure(row.floodPerSecond),
          figure(row.aloneP50Ms),
          figure(row.aloneP99Ms),
          figure(row.besideP50Ms),
          figure(row.besideP99Ms),
        ]),
      ),
      ...provenance(language, content, 'bun bench/durable-neighbour.ts', file),
    ],
    charts: [],
  };
}
