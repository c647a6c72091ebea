import { barChart } from '../chart.ts';
import type { Results } from '../results.ts';
import { figure, provenance, table, type Both, type Section } from '../text.ts';

const names: Readonly<Record<string, Both>> = {
  idleConnections: { en: 'Idle connections', zh: '空闲连接' },
  activeConnections: { en: 'Active connections', zh: '活跃连接' },
  subscriptions: { en: 'Subscriptions of one deployment', zh: '单个部署的订阅数' },
  deployments: { en: 'Deployments with ten clients each', zh: '部署数（每个 10 个客户端）' },
  retainedMessages: { en: 'Retained messages', zh: '保留消息' },
  queueLength: { en: 'Length of a queue', zh: '队列长度' },
};
const figures: Readonly<Record<string, Both>> = {
  bytesPerConnection: { en: 'bytes a connection', zh: '字节／连接' },
  cpuUsPerConnect: { en: 'CPU µs a connect', zh: 'CPU µs／连接建立' },
  idleCpuPercent: { en: 'CPU % while idle', zh: '空闲时 CPU %' },
  cpuUsPerMessage: { en: 'CPU µs a message', zh: 'CPU µs／消息' },
  cpuUsPerMessageOfTenPairs: { en: 'CPU µs a message, ten pairs active', zh: 'CPU µs／消息（仅 10 对活跃）' },
  bytesPerSubscription: { en: 'bytes a subscription', zh: '字节／订阅' },
  cpuUsPerSubscribe: { en: 'CPU µs a SUBSCRIBE', zh: 'CPU µs／SUBSCRIBE' },
  cpuUsPerMessageInOneDeployment: { en: 'the same clients in one deployment', zh: '同样客户端在一个部署中' },
  ratioToOneDeployment: { en: 'ratio', zh: '比值' },
  bytesPerDeployment: { en: 'bytes a deployment', zh: '字节／部署' },
  bytesPerRetainedMessage: { en: 'bytes a message', zh: '字节／消息' },
  bytesPerQueuedMessage: { en: 'bytes a message', zh: '字节／消息' },
  cpuUsPerQueuedMessage: { en: 'CPU µs into the queue', zh: 'CPU µs／入队' },
  cpuUsPerDrainedMessage: { en: 'CPU µs out of it', zh: 'CPU µs／出队' },
};
/** The figure of a section that its chart shows. */
const charted: Readonly<Record<string, string>> = {
  activeConnections: 'cpuUsPerMessageOfTenPairs',
  subscriptions: 'cpuUsPerMessage',
  deployments: 'ratioToOneDeployment',
  retainedMessages: 'cpuUsPerMessage',
  queueLength: 'cpuUsPerQueuedMessage',
};

/** Cost at one size, ten times and a hundred times as much. */
export function growthSection({ content, file }: NonNullable<Results['growth']>): Section {
  const sections = Object.entries(content.sections).filter(([, rows]) => rows.length > 0);
  return {
    title: { en: 'How cost grows', zh: '成本如何增长' },
    body: (language) => [
      ...(language === 'en'
        ? [
            'Each table makes one thing ten and a hundred times as large. The service has core 0, the load generator core 1; CPU time is that of all',
            'threads of the service. Bytes are resident memory of each one that was added since the row before: the first row also pays for what the',
            'first load of a process needs. Where all connections are active, a write to each carries fewer messages the more there are, and a write is most of the',
            'cost of a message; the column with ten active pairs shows what the number of connections costs by itself.',
          ]
        : [
            '每张表把一个量放大到 10 倍和 100 倍。服务在 0 号核，负载生成器在 1 号核；CPU 时间为服务所有线程之和。',
            '字节数是相对上一行每新增一个所占的常驻内存；第一行还包含进程首次负载的开销。所有连接都活跃时，连接越多，',
            '每次写出携带的消息越少，而写出占消息成本的大部分；“仅 10 对活跃”一列显示连接数本身的成本。',
          ]),
      '',
      ...sections.flatMap(([name, rows]) => {
        const columns = Object.keys(rows[0]?.figures ?? {});
        return [
          `### ${names[name]?.[language] ?? name}`,
          '',
          ...table(
            [
              language === 'en' ? 'how many' : '数量',
              ...columns.map((column) => figures[column]?.[language] ?? column),
            ],
            rows.map((row) => [
              figure(row.size),
              ...columns.map((column) => figure(row.figures[column] ?? Number.NaN)),
            ]),
          ),
        ];
      }),
      ...provenance(language, content, 'bun bench/growth.ts', file),
    ],
    charts: [
      {
        name: 'growth',
        alternative: {
          en: 'Cost of a message at 1x, 10x and 100x, relative to 1x',
          zh: '1x、10x、100x 时每条消息的成本（相对 1x）',
        },
        svg: (language) =>
          barChart({
            title:
              language === 'en'
                ? 'CPU time of a message at 1x, 10x, 100x, relative to 1x'
                : '每条消息的 CPU 时间（相对 1x）',
            legend: ['1x', '10x', '100x'],
            groups: sections.flatMap(([name, rows]) => {
              const column = charted[name];
              const first = column === undefined ? undefined : rows[0]?.figures[column];
              if (column === undefined || first === undefined) return [];
              // Beside the same clients in one deployment, the ratio is the figure.
              const base = column.startsWith('ratio') ? 1 : first;
              return [
                {
                  label: names[name]?.[language] ?? name,
                  bars: rows.map((row) => ({
                    value: (row.figures[column] ?? 0) / base,
                    text: ((row.figures[column] ?? 0) / base).toFixed(2),
                  })),
                },
              ];
            }),
          }),
      },
    ],
  };
}
