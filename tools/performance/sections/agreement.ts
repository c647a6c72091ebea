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
              'its part of its core',
              'deliveries per broker CPU-second, ratio',
              'the same, uncorrected',
              'one generator, largest round over smallest',
              'messages a second, ratio',
              'segments to the broker for each message',
              "generator's core",
              'broker sleeps, a second',
              'verdict',
            ]
          : [
              '负载',
              'broker',
              '所得的核份额',
              '每 CPU 秒投递数，比值',
              '同上，未校正',
              '同一生成器，最大轮次 / 最小轮次',
              '每秒消息数，比值',
              '每条消息发往 broker 的报文段',
              '生成器的核',
              'broker 休眠，每秒次数',
              '结论',
            ],
        rows.map(({ load, broker, given, own, other, perCpuSecondRatio, throughputRatio, ...row }) => [
          loadName(load, language),
          brokers[broker] ?? broker,
          percent(given),
          `${perCpuSecondRatio.toFixed(2)}x`,
          `${row.uncorrectedRatio.toFixed(2)}x`,
          `${own.spread.toFixed(2)} / ${other.spread.toFixed(2)}`,
          `${throughputRatio.toFixed(2)}x`,
          own.segments === null || other.segments === null
            ? '-'
            : `${own.segments.in.toFixed(2)} / ${other.segments.in.toFixed(2)}`,
          `${percent(own.generatorCpu)} / ${percent(other.generatorCpu)}`,
          `${Math.round(own.waits)} / ${Math.round(other.waits)}`,
          wordsOf(row)[language],
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
    'deliveries for each second of CPU time of the broker, and messages a second. They agree where both are within 10 %.',
    '',
    'That can be asked where both saturate the broker: where it uses nine tenths or more of what its core gives it, hardly ever falls asleep for want of work, and',
    'is busier than the generator.',
    'On equal cores a generator has as much work as the broker, and is often the bottleneck itself. So each load runs twice: with a third of a core for',
    'the broker, which two programs share with it, and with all of it. The row that counts is the one with the smallest part in which both saturate it.',
    `Medians of ${rounds} or more rounds of ${seconds} seconds; who comes first changes, and runs that other programs disturbed are left out.`,
    'Where two figures stand in a cell, the first is of `berth bench`.',
    '',
    'The two programs measure meanwhile how fast the core is, by looking up texts in a table: what a CPU-second is worth changes where others use the same core of',
    'the processor, by half and more on a virtual machine. Ratios with a third of a core are at the same speed of the core; beside them stands what they',
    'are without that.',
    '',
    'A segment is what one write puts on the network: it shows how many packets a generator sends together. Berth puts together what it writes, so both',
    'send it the same. Mosquitto writes each packet by itself; with all of its core it writes them as fast as the generators answer, and how',
    'many they answer together depends on which of the three is the fastest: [decision 12](../adr/0012-a-load-whose-figure-is-the-broker-s.md).',
  ];
}

function inChinese(rounds: number, seconds: number): string[] {
  return [
    '测量结果是否取决于由谁来测？`berth bench` 与 `mqttload` 轮流对同一 broker 施加负载。比值均为 `berth bench` 除以 `mqttload`：',
    'broker 每 CPU 秒的投递数，以及每秒消息数。两者相差都不超过 10 % 即为一致。',
    '',
    '只有两者都使 broker 满载时才谈得上比较：broker 用掉其核所给时间的九成以上，几乎不因无事可做而休眠，并且比生成器更忙。核相同时，生成器的工作量与 broker 相当，',
    '往往自己先成为瓶颈。因此每种负载测两次：一次 broker 只得到三分之一个核（另有两个程序与它共用），一次得到整个核。',
    '计入结论的是两者都使其满载、且份额最小的那一行。',
    `取至少 ${rounds} 轮的中位数，每轮 ${seconds} 秒；先后顺序逐轮交换，受其他程序干扰的测量不计入。一格中有两个数值时，前者属于 \`berth bench\`。`,
    '',
    '那两个程序同时以在表中查找文本的方式测出核的快慢：处理器的同一物理核若另有人使用，一个 CPU 秒的价值会变化，在虚拟机上可达一半以上。',
    '只得三分之一个核的各行，比值已按相同的核速换算；旁边一列是未换算的值。',
    '',
    '一个报文段就是一次写操作送上网络的数据：它反映生成器把多少个报文合在一起发送。Berth 会合并写出的数据，因此两个生成器发给它的负载相同。',
    'Mosquitto 逐个写出报文；得到整个核时，它写出的速度与生成器应答的速度相当，一次合并应答多少个取决于三者之中谁最快：',
    '见[决策 12](../adr/0012-a-load-whose-figure-is-the-broker-s.md)。',
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function wordsOf(row: { readonly saturated: boolean; readonly counts: boolean; readonly agrees: boolean }): Both {
  if (!row.saturated) return { en: 'broker not saturated', zh: 'broker 未满载' };
  if (!row.counts) return { en: 'does not count', zh: '不计' };
  return row.agrees
    ? { en: 'agrees within 10 %', zh: '一致（相差不超过 10 %）' }
    : { en: '**differs**', zh: '**不一致**' };
}
