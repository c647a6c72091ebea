import { loadName } from '../loads.ts';
import type { Results } from '../results.ts';
import { provenance, table, type Both, type Section } from '../text.ts';

const brokers: Readonly<Record<string, string>> = { berth: 'Berth', mosquitto: 'Mosquitto' };

/** Whether `berth bench` says the same as another generator. */
export function agreementSection({ content, file }: NonNullable<Results['agreement']>): Section {
  const { rows, rounds, seconds } = content;
  return {
    title: { en: 'berth bench beside another generator', zh: 'berth bench 与另一负载生成器' },
    body: (language) => [
      ...(language === 'en' ? inEnglish(rounds, seconds) : inChinese(rounds, seconds)),
      '',
      ...table(
        language === 'en'
          ? [
              'load',
              'broker',
              'deliveries per broker CPU-second, ratio',
              'one generator, largest round over smallest',
              'messages a second, ratio',
              'segments to the broker for each message',
              "generator's core",
              'verdict',
            ]
          : [
              '负载',
              'broker',
              '每 CPU 秒投递数，比值',
              '同一生成器，最大轮次 / 最小轮次',
              '每秒消息数，比值',
              '每条消息发往 broker 的报文段',
              '生成器的核',
              '结论',
            ],
        rows.map(({ load, broker, own, other, perCpuSecondRatio, throughputRatio, agrees }) => [
          loadName(load, language),
          brokers[broker] ?? broker,
          `${perCpuSecondRatio.toFixed(2)}x`,
          `${own.spread.toFixed(2)} / ${other.spread.toFixed(2)}`,
          `${throughputRatio.toFixed(2)}x`,
          own.segments === null || other.segments === null
            ? '-'
            : `${own.segments.in.toFixed(2)} / ${other.segments.in.toFixed(2)}`,
          `${percent(own.generatorCpu)} / ${percent(other.generatorCpu)}`,
          wordsOf(agrees)[language],
        ]),
      ),
      ...provenance(language, content, 'bun bench/agreement.ts --mqttload PATH', file),
    ],
    charts: [],
  };
}

function inEnglish(rounds: number, seconds: number): string[] {
  return [
    'Do the figures depend on who measures? `berth bench` and `mqttload` load the same broker in turn. Each ratio is `berth bench` over `mqttload`:',
    'deliveries for each second of CPU time of the broker, and messages a second. They agree where the first is within 10 %, and the second too on',
    'a broker whose core both fill; a broker that one of them leaves idle for a part does not tell.',
    `Medians of ${rounds} or more rounds of ${seconds} seconds; who comes first changes, and runs that other programs disturbed are left out.`,
    'Where two figures stand in a cell, the first is of `berth bench`.',
    '',
    'A segment is what one write puts on the network: it shows how many packets a generator sends together, and so how many the broker reads at',
    'once. Berth puts together what it writes, so both send it the same. Mosquitto writes each packet by itself: a generator that is faster than it',
    'answers them one by one, and one that is slower finds several each time, which spares Mosquitto work. So with eight messages under way its',
    'figure depends on the speed of the generator, `mqttload` beside itself as well, as [decision 12](../adr/0012-a-load-whose-figure-is-the-broker-s.md) shows. With one',
    'message each nothing can be put together, by whomever.',
  ];
}

function inChinese(rounds: number, seconds: number): string[] {
  return [
    '测量结果是否取决于由谁来测？`berth bench` 与 `mqttload` 轮流对同一 broker 施加负载。比值均为 `berth bench` 除以 `mqttload`：',
    'broker 每 CPU 秒的投递数，以及每秒消息数。前者相差不超过 10 % 即为一致；若两者都占满 broker 的核，后者也须如此；',
    '有一方未让 broker 忙起来时无法比较。',
    `取至少 ${rounds} 轮的中位数，每轮 ${seconds} 秒；先后顺序逐轮交换，受其他程序干扰的测量不计入。一格中有两个数值时，前者属于 \`berth bench\`。`,
    '',
    '一个报文段就是一次写操作送上网络的数据：它反映生成器把多少个报文合在一起发送，也就是 broker 一次读到多少。Berth 会合并写出的数据，',
    '因此两个生成器发给它的负载相同。Mosquitto 逐个写出报文：比它快的生成器逐个应答，比它慢的生成器每次会读到若干个，从而减少了 Mosquitto 的工作。',
    '所以在 8 条消息在途时，Mosquitto 的数值取决于生成器的速度，`mqttload` 与其自身相比也是如此，',
    '见[决策 12](../adr/0012-a-load-whose-figure-is-the-broker-s.md)。各一条消息在途时，谁都无法合并。',
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function wordsOf(agrees: boolean | null): Both {
  if (agrees === null) return { en: 'broker not busy', zh: 'broker 未满载' };
  return agrees ? { en: 'agrees within 10 %', zh: '一致（相差不超过 10 %）' } : { en: '**differs**', zh: '**不一致**' };
}
