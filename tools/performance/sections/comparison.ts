import { barChart } from '../chart.ts';
import { loadName } from '../loads.ts';
import type { Results } from '../results.ts';
import { figure, provenance, table, type Language, type Section } from '../text.ts';
import { verdicts } from '../verdict.ts';

const units: Readonly<Record<string, string>> = {
  'CPU ms': 'CPU 毫秒',
  'KB resident': 'KB 常驻内存',
  'k deliveries per broker CPU-second': '千次投递／每 CPU 秒',
  'ms p99': '毫秒（p99）',
};

/** Berth beside Mosquitto on the same machine in the same run. */
export function comparisonSection(result: NonNullable<Results['comparison']>): Section {
  const { content, file } = result;
  const { rows, rounds, seconds, machine, versions = {} } = content;
  return {
    title: { en: 'Beside Mosquitto', zh: '与 Mosquitto 对比' },
    body: (language) => [
      ...(language === 'en'
        ? [
            `Both brokers run on core 0 of the same machine, the load generator (${content.generator}) on core 1, TLS with the same certificate, 64-byte`,
            `messages, passwords on. Berth has everything on that a user has on: rules, limits, metrics, events. Medians of ${rounds} rounds of`,
            `${seconds} seconds; in each round the brokers take turns row by row. What is compared is work for each second of CPU time, of all threads of`,
            'a broker: the noise of a machine touches it least. *Must* and *aim* are the ratios that Berth is built to.',
            '',
            `Mosquitto ${versions['mosquitto'] ?? ''}, Bun ${versions['bun'] ?? ''}; ${machine.cores} cores (${machine.cpu}), ${machine.memoryMb} MB, Linux ${machine.kernel}.`,
          ]
        : [
            `两个 broker 都固定在同一台机器的 0 号核上，负载生成器（${content.generator}）在 1 号核上；TLS 使用同一证书，消息 64 字节，`,
            `启用密码。Berth 打开用户会用到的全部功能：访问规则、限制、指标、事件。取 ${rounds} 轮的中位数，每轮 ${seconds} 秒，各轮中两者逐行交替测量。`,
            '比较的是每 CPU 秒（broker 的所有线程）完成的工作量，它受机器噪声影响最小。“要求”和“目标”是 Berth 的设计比值。',
            '',
            `Mosquitto ${versions['mosquitto'] ?? ''}，Bun ${versions['bun'] ?? ''}；${machine.cores} 核（${machine.cpu}），${machine.memoryMb} MB，Linux ${machine.kernel}。`,
          ]),
      '',
      ...table(
        language === 'en'
          ? ['load', 'Berth', 'Mosquitto', 'unit', 'ratio', 'must', 'aim', 'verdict']
          : ['负载', 'Berth', 'Mosquitto', '单位', '比值', '要求', '目标', '结论'],
        rows.map(({ name, unit, medians, ratio, must, aim, verdict, higherIsBetter }) => [
          loadName(name, language),
          figure(medians['berth'] ?? Number.NaN),
          figure(medians['mosquitto'] ?? Number.NaN),
          language === 'en' ? unit : (units[unit] ?? unit),
          `${ratio.toFixed(2)}x`,
          `${higherIsBetter ? '≥' : '≤'} ${must}x`,
          `${higherIsBetter ? '≥' : '≤'} ${aim}x`,
          verdicts[verdict][language],
        ]),
      ),
      ...content.warnings.map((warning) => `- ${warning}`),
      ...(content.warnings.length > 0 ? [''] : []),
      ...connectWords(language),
      ...generatorWords(content.generator, language),
      ...provenance(language, content, 'bun bench/compare.ts', file),
    ],
    charts: [
      {
        name: 'mosquitto',
        alternative: { en: 'How many times better than Mosquitto, row by row', zh: '逐行相对 Mosquitto 的倍数' },
        svg: (language) =>
          barChart({
            title:
              language === 'en'
                ? 'Times as good as Mosquitto in the same run (longer is better)'
                : '同一次测量中相对 Mosquitto 的倍数（越长越好）',
            legend: [],
            marked: language === 'en' ? 'must' : '要求',
            groups: rows.map(({ name, ratio, must, higherIsBetter }) => {
              const times = higherIsBetter ? ratio : 1 / ratio;
              return {
                label: loadName(name, language),
                bars: [{ value: times, text: `${times.toFixed(2)}x` }],
                marks: [higherIsBetter ? must : 1 / must],
              };
            }),
          }),
      },
    ],
  };
}

/** Where the generator is not one that comes with the checkout: what it is, and how to do without it. */
function generatorWords(generator: string, language: Language): string[] {
  if (generator !== 'mqttload') return [];
  return [
    language === 'en'
      ? "`mqttload` is a separate small load generator in C that is not part of this repository; `npx bun bench/compare.ts` without `--mqttload` repeats the table with the project's own generator."
      : '`mqttload` 是一个独立的小型 C 语言负载生成器，不属于本仓库；不带 `--mqttload` 运行 `npx bun bench/compare.ts`，即用项目自带的生成器重新得到此表。',
    '',
  ];
}

/** What the figure of a connect hangs on, which a table cannot say. */
function connectWords(language: Language): string[] {
  return [
    language === 'en'
      ? 'What a connect with password costs a broker hangs on the hash of the password: Mosquitto 2.1.2 hashes with argon2id by default and needs 0.63 ms here, a third of which Berth needs ([ADR 10](../adr/0010-what-a-connect-and-a-tail-latency-are-made-of.md)).'
      : '一次带密码的连接对服务器的开销取决于密码的散列算法：Mosquitto 2.1.2 默认使用 argon2id，在此需要 0.63 毫秒，Berth 只需其三分之一（[ADR 10](../adr/0010-what-a-connect-and-a-tail-latency-are-made-of.md)）。',
    '',
  ];
}
