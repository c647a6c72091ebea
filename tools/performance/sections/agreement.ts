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
      ...(language === 'en'
        ? [
            'Do the figures depend on who measures? `berth bench` and `mqttload` load the same broker in turn. Each ratio is `berth bench` over `mqttload`:',
            'deliveries for each second of CPU time of the broker, and messages a second. They agree where the first is within 10 %, and the second too on',
            'a broker whose core both fill; a broker that one of them leaves idle for a part does not tell.',
            `${rounds === 1 ? 'One round' : `Medians of ${rounds} rounds`} of ${seconds} seconds; single rounds of one and the same generator scatter by 10 to 20 % on this machine.`,
          ]
        : [
            '测量结果是否取决于由谁来测？`berth bench` 与 `mqttload` 轮流对同一 broker 施加负载。比值均为 `berth bench` 除以 `mqttload`：',
            'broker 每 CPU 秒的投递数，以及每秒消息数。前者相差不超过 10 % 即为一致；若两者都占满 broker 的核，后者也须如此；',
            '有一方未让 broker 忙起来时无法比较。',
            `${rounds === 1 ? '测量 1 轮' : `取 ${rounds} 轮的中位数`}，每轮 ${seconds} 秒；在这台机器上，同一生成器各轮之间的波动有 10–20 %。`,
          ]),
      '',
      ...table(
        language === 'en'
          ? ['load', 'broker', 'deliveries per broker CPU-second, ratio', 'messages a second, ratio', 'verdict']
          : ['负载', 'broker', '每 CPU 秒投递数，比值', '每秒消息数，比值', '结论'],
        rows.map(({ load, broker, perCpuSecondRatio, throughputRatio, agrees }) => [
          loadName(load, language),
          brokers[broker] ?? broker,
          `${perCpuSecondRatio.toFixed(2)}x`,
          `${throughputRatio.toFixed(2)}x`,
          wordsOf(agrees)[language],
        ]),
      ),
      ...provenance(language, content, 'bun bench/agreement.ts --mqttload PATH', file),
    ],
    charts: [],
  };
}

function wordsOf(agrees: boolean | null): Both {
  if (agrees === null) return { en: 'broker not busy', zh: 'broker 未满载' };
  return agrees ? { en: 'agrees within 10 %', zh: '一致（相差不超过 10 %）' } : { en: '**differs**', zh: '**不一致**' };
}
