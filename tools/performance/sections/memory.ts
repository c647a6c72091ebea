import { barChart, lineChart } from '../chart.ts';
import type { Results } from '../results.ts';
import { figure, mebibytes, provenance, table, type Section } from '../text.ts';

/** Memory over a long time. */
export function soakSection({ content, file }: NonNullable<Results['soak']>): Section {
  const { counts, referenceMb, lastMb, growth, windowMinutes, referenceAfterMinutes } = content;
  const total = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((sum, one) => sum + one, 0);
  return {
    title: { en: 'Memory over time', zh: '长时间运行的内存' },
    body: (language) => [
      ...(language === 'en'
        ? [
            `${figure(content.openConnections)} TLS connections for ${content.minutes} minutes with traffic of all QoS, ${content.churnPerSecond} connections a second that come and go (in order, with`,
            'resets, wrong passwords, half packets, nonsense), readers that stop reading, sessions whose clients are away.',
            '',
            `Resident memory: ${figure(referenceMb)} MB from minute ${referenceAfterMinutes} to ${referenceAfterMinutes + windowMinutes}, ${figure(lastMb)} MB in the last ${windowMinutes} minutes: **${growth.toFixed(2)}x**; at most ${content.growthMax}x is wanted.`,
            `${figure(counts.published)} messages were published and ${figure(counts.received)} received; ${figure(total(counts.cameAndWent))} connections came and went, ${figure(counts.cut)} lasting ones were cut`,
            `and came back; ${figure(counts.lost)} were lost that nobody had cut, and ${figure(total(counts.failures))} connects went otherwise than they should.`,
          ]
        : [
            `${figure(content.openConnections)} 个 TLS 连接持续 ${content.minutes} 分钟，混合各 QoS 流量；每秒 ${content.churnPerSecond} 个连接来去（正常断开、复位、密码错误、`,
            '半个报文、非 MQTT 数据），另有停止读取的慢读者和客户端离线的会话。',
            '',
            `常驻内存：第 ${referenceAfterMinutes} 至 ${referenceAfterMinutes + windowMinutes} 分钟 ${figure(referenceMb)} MB，最后 ${windowMinutes} 分钟 ${figure(lastMb)} MB：**${growth.toFixed(2)}x**；要求不超过 ${content.growthMax}x。`,
            `共发布 ${figure(counts.published)} 条、收到 ${figure(counts.received)} 条；${figure(total(counts.cameAndWent))} 个连接来去，${figure(counts.cut)} 个长连接被切断后重连；`,
            `非主动切断而丢失的连接 ${figure(counts.lost)} 个，未按预期进行的连接 ${figure(total(counts.failures))} 个。`,
          ]),
      '',
      ...provenance(language, content, 'bun bench/soak.ts', file),
    ],
    charts: [
      {
        name: 'soak',
        alternative: { en: 'Resident memory over time', zh: '常驻内存随时间的变化' },
        svg: (language) =>
          lineChart({
            title: language === 'en' ? 'Resident memory of the service' : '服务的常驻内存',
            points: content.samples.map(({ seconds, residentMb }) => ({ x: seconds / 60, y: residentMb })),
            xLabel: language === 'en' ? 'minutes' : '分钟',
            yLabel: 'MB',
            levels: [
              {
                y: referenceMb * content.growthMax,
                label: language === 'en' ? 'no more than this at the end' : '结束时不得超过',
              },
            ],
          }),
      },
    ],
  };
}

const attacks: Readonly<Record<string, string>> = {
  'slow readers on a busy topic': '个慢读者订阅繁忙主题',
  'retained messages to 500 slow readers': '条保留消息发往 500 个慢读者',
  'full queues': '个已满的队列',
  'connections with half of a largest packet': '个连接各持半个最大报文',
  'connections with half of a large CONNECT': '个连接各持半个大 CONNECT',
};

/** Memory while clients do their worst. */
export function attackSection({ content, file }: NonNullable<Results['attack']>): Section {
  const { results, constant } = content;
  const nameOf = (name: string, language: 'en' | 'zh') => {
    if (language === 'en') return name;
    const [, count = '', what = ''] = /^(\d+) (.*)$/.exec(name) ?? [];
    return attacks[what] === undefined ? name : `${count} ${attacks[what]}`;
  };
  return {
    title: { en: 'Memory under attack', zh: '攻击下的内存' },
    body: (language) => [
      language === 'en'
        ? `What clients can make the service hold is bounded by the limits. Each attack fills one of them; the bound is the sum of the limits that it meets, ${mebibytes(constant.baseBytes)} for the process and ${constant.bytesPerConnection / 1024} KiB for each connection.`
        : `客户端能让服务占用的内存受各项限制约束。每种攻击填满其中一项；上界为所涉限制之和，加上进程的 ${mebibytes(constant.baseBytes)} 和每连接 ${constant.bytesPerConnection / 1024} KiB。`,
      '',
      ...table(
        language === 'en' ? ['attack', 'highest', 'bound', ''] : ['攻击', '最高', '上界', ''],
        results.map(({ name, peakBytes, boundBytes }) => [
          nameOf(name, language),
          mebibytes(peakBytes),
          mebibytes(boundBytes),
          peakBytes <= boundBytes
            ? language === 'en'
              ? 'holds'
              : '满足'
            : language === 'en'
              ? '**broken**'
              : '**超出**',
        ]),
      ),
      ...provenance(language, content, 'bun bench/attack.ts', file),
    ],
    charts: [
      {
        name: 'attack',
        alternative: { en: 'Highest resident memory against its bound, by attack', zh: '各攻击下最高常驻内存与上界' },
        svg: (language) =>
          barChart({
            title: language === 'en' ? 'Highest resident memory, and its bound (MiB)' : '最高常驻内存与上界（MiB）',
            legend: [],
            marked: language === 'en' ? 'bound' : '上界',
            groups: results.map(({ name, peakBytes, boundBytes }) => ({
              label: nameOf(name, language),
              bars: [{ value: peakBytes, text: figure(peakBytes / 1024 / 1024) }],
              marks: [boundBytes],
            })),
          }),
      },
    ],
  };
}
