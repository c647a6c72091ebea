import type { Results } from '../results.ts';
import { figure, provenance, table, type Both, type Section } from '../text.ts';
import { verdictOf, verdicts, type Verdict } from '../verdict.ts';

const startMs = { must: 1_500, aim: 500 };
const nagleMsMax = 5;

interface Row {
  readonly name: Both;
  readonly measured: Both;
  readonly must: Both;
  readonly aim: Both;
  readonly verdict: Verdict | null;
}

/** From `npm start` to the first CONNACK, and CONNACK for clients with Nagle's algorithm on. */
export function startSection({ content, file }: NonNullable<Results['start']>): Section {
  const { rounds, msToConnackWithNagleMedian: nagleMedian, msToConnackWithNagleWorst: nagleWorst } = content;
  const rows: Row[] = [
    startRow(
      { en: 'first start, new data directory', zh: '首次启动，新数据目录' },
      content.msToFirstConnackOnANewDataDirectory,
    ),
    startRow({ en: 'later start', zh: '再次启动' }, content.msToFirstConnackOnALaterStart),
    {
      name: { en: 'CONNACK with Nagle on, median', zh: '开启 Nagle 时的 CONNACK，中位数' },
      measured: milliseconds(nagleMedian),
      must: limit(milliseconds(nagleMsMax)),
      aim: none,
      verdict: verdictOf(nagleMedian, nagleMsMax),
    },
    {
      name: { en: 'CONNACK with Nagle on, slowest client', zh: '开启 Nagle 时的 CONNACK，最慢的客户端' },
      measured: milliseconds(nagleWorst),
      must: none,
      aim: none,
      verdict: null,
    },
  ];
  return {
    title: { en: 'Start', zh: '启动' },
    body: (language) => [
      ...(language === 'en'
        ? [
            `How long a user waits from \`npm start\` on an installed checkout until a client has its first CONNACK over TLS: medians of ${rounds} starts. And how`,
            "long a client with Nagle's algorithm on waits from the end of the TLS handshake to its CONNACK, on loopback; what has to be",
            'reached is held against the median, and the slowest client stands beside it.',
          ]
        : [
            `在已安装的检出中，从 \`npm start\` 到客户端经 TLS 收到第一个 CONNACK 的时间：取 ${rounds} 次启动的中位数。以及开启 Nagle 算法的客户端`,
            '从 TLS 握手结束到收到 CONNACK 的时间（本机回环）；该项要求以中位数衡量，最慢的客户端一并列出。',
          ]),
      '',
      ...table(
        language === 'en' ? ['', 'measured', 'must', 'aim', 'verdict'] : ['', '实测', '要求', '目标', '结论'],
        rows.map(({ name, measured, must, aim, verdict }) => [
          name[language],
          measured[language],
          must[language],
          aim[language],
          verdict === null ? '' : verdicts[verdict][language],
        ]),
      ),
      ...provenance(language, content, 'bun bench/start.ts', file),
    ],
    charts: [],
  };
}

const none: Both = { en: '', zh: '' };

function startRow(name: Both, ms: number): Row {
  return {
    name,
    measured: seconds(ms),
    must: limit({ en: `${startMs.must / 1000} s`, zh: `${startMs.must / 1000} 秒` }),
    aim: limit({ en: `${startMs.aim / 1000} s`, zh: `${startMs.aim / 1000} 秒` }),
    verdict: verdictOf(ms, startMs.must, startMs.aim),
  };
}

function limit({ en, zh }: Both): Both {
  return { en: `≤ ${en}`, zh: `≤ ${zh}` };
}

function seconds(ms: number): Both {
  return { en: `${(ms / 1000).toFixed(2)} s`, zh: `${(ms / 1000).toFixed(2)} 秒` };
}

function milliseconds(ms: number): Both {
  return { en: `${figure(ms)} ms`, zh: `${figure(ms)} 毫秒` };
}
