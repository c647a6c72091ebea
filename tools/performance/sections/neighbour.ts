import { barChart } from '../chart.ts';
import type { Results } from '../results.ts';
import { figure, provenance, table, type Both, type Section } from '../text.ts';

const noises: Readonly<Record<string, Both>> = {
  fanOut: { en: 'fan-out to 200 subscribers', zh: '扇出到 200 个订阅者' },
  connects: { en: 'storm of connects', zh: '连接风暴' },
  impatient: { en: 'connects that do not wait', zh: '不等待的连接风暴' },
  retained: { en: 'retained messages asked for again and again', zh: '反复索取保留消息' },
  churn: { en: 'subscriptions that come and go', zh: '订阅反复增删' },
};

/** Latency of a quiet deployment beside a noisy one. */
export function neighbourSection({ content, file }: NonNullable<Results['neighbour']>): Section {
  const { rows, rounds } = content;
  const nameOf = (noise: string, language: 'en' | 'zh') => noises[noise]?.[language] ?? noise;
  return {
    title: { en: 'A noisy neighbour', zh: '嘈杂的邻居' },
    body: (language) => [
      language === 'en'
        ? `One deployment makes all the noise that its limits let it make; another one sends few messages. Latency of the quiet one, 99th percentile, alone and beside the noise. At most twice is wanted. Medians of ${rounds} rounds, and the ratio that the messages of all rounds together give.`
        : `一个部署在其限制内制造尽可能大的负载，另一个只发少量消息。安静部署的延迟（第 99 百分位），单独时与有邻居时。要求不超过两倍。取 ${rounds} 轮的中位数，并给出各轮消息合并计算的比值。`,
      '',
      ...table(
        language === 'en'
          ? ['noise', 'alone, ms', 'beside it, ms', 'ratio', 'ratio, all rounds together']
          : ['负载', '单独，毫秒', '有邻居，毫秒', '比值', '比值，各轮合并'],
        rows.map(({ noise, aloneP99Ms, besideP99Ms, ratioP99, pooledRatioP99 }) => [
          nameOf(noise, language),
          figure(aloneP99Ms),
          figure(besideP99Ms),
          ratioText(ratioP99),
          ratioText(pooledRatioP99),
        ]),
      ),
      ...provenance(language, content, 'bun bench/neighbour.ts', file),
    ],
    charts: [
      {
        name: 'neighbour',
        alternative: { en: 'Latency alone and beside a noisy deployment', zh: '单独与有嘈杂邻居时的延迟' },
        svg: (language) =>
          barChart({
            title: language === 'en' ? 'Latency of a quiet deployment, p99, ms' : '安静部署的延迟，p99，毫秒',
            legend: language === 'en' ? ['beside the noise', 'alone'] : ['有邻居', '单独'],
            groups: rows.map(({ noise, aloneP99Ms, besideP99Ms }) => ({
              label: nameOf(noise, language),
              bars: [
                { value: besideP99Ms, text: figure(besideP99Ms) },
                { value: aloneP99Ms, text: figure(aloneP99Ms) },
              ],
            })),
          }),
      },
    ],
  };
}

function ratioText(ratio: number): string {
  return ratio > 2 ? `**${ratio.toFixed(2)}x**` : `${ratio.toFixed(2)}x`;
}
