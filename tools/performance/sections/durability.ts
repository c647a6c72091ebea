import { barChart } from '../chart.ts';
import type { Results } from '../results.ts';
import { figure, provenance, table, type Section } from '../text.ts';

/** `kill -9` under load. */
export function killSection({ content, file }: NonNullable<Results['kill']>): Section {
  const { runs } = content;
  const row = (en: string, zh: string, of: (run: (typeof runs)[number]) => string) => ({ en, zh, cells: runs.map(of) });
  const count = (value: number) => Math.round(value).toLocaleString('en-US');
  const rows = [
    row('kills', 'kill 次数', (run) => count(run.kills)),
    row('of those, once more while it started', '其中启动过程中再次 kill', (run) => count(run.killsDuringStart)),
    row('kills that met no unacknowledged message', '未遇到未确认消息的 kill', (run) => count(run.idleKills)),
    row(
      'unacknowledged PUBLISH at a kill, least / median',
      'kill 时未确认的 PUBLISH，最少／中位数',
      (run) => `${count(run.unacknowledgedAtKill.min)} / ${count(run.unacknowledgedAtKill.median)}`,
    ),
    row('acknowledged and not yet delivered at a kill, median', 'kill 时已确认但尚未投递，中位数', (run) =>
      count(run.owedAtKill.median),
    ),
    row('messages published and acknowledged', '已发布并已确认的消息', (run) => count(run.acknowledged)),
    row('received by subscribers with a session', '持久会话订阅者收到', (run) => count(run.received)),
    row('**acknowledged messages lost**', '**已确认消息丢失**', (run) => `**${count(run.lost)}**`),
    row('**QoS 2 messages doubled**', '**QoS 2 消息重复**', (run) => `**${count(run.doubledQoS2)}**`),
    row('**messages out of order**', '**乱序消息**', (run) => `**${count(run.reordered)}**`),
    row('sessions forgotten', '丢失的会话', (run) => count(run.sessionsLost)),
    row('QoS 1 messages that came again, as QoS 1 allows', 'QoS 1 重复投递（协议允许）', (run) =>
      count(run.doubledQoS1),
    ),
    row('gaps within a connection of clean subscribers', 'Clean Session 订阅者单次连接内的缺口', (run) =>
      count(run.clean.gaps),
    ),
  ];
  return {
    title: { en: 'kill -9 under load', zh: '负载下的 kill -9' },
    body: (language) => [
      ...(language === 'en'
        ? [
            'Publishers with sessions that stay, QoS 1 and 2, 3.1.1 and 5.0, over TLS, send numbered messages as fast as they are acknowledged and resend what was not; subscribers',
            'with sessions and without receive them. The service is killed in the middle of it, again and again. At the end the',
            'publishers stop first, then the subscribers drain. Once with clients of raw bytes, once with MQTT.js.',
          ]
        : [
            '持久会话的发布者（QoS 1 与 2，3.1.1 与 5.0，TLS）按确认速度连续发送带编号的消息，未被确认的会重发；持久与非持久的订阅者接收。',
            '服务在此期间被反复 kill -9。最后发布者先停止，订阅者再取完。一次使用原始字节客户端，一次使用 MQTT.js。',
          ]),
      '',
      ...table(
        ['', ...runs.map(({ clients }) => (language === 'en' || clients === 'MQTT.js' ? clients : '原始字节'))],
        rows.map((one) => [one[language], ...one.cells]),
      ),
      ...(language === 'en'
        ? [
            '`--durability memory` in the same run is told what it lost, so the check can fail: `tests/durability/kill.test.ts`.',
          ]
        : [
            '同样的测试在 `--durability memory` 下会报告丢失的消息，证明检查确实会失败：`tests/durability/kill.test.ts`。',
          ]),
      '',
      ...provenance(language, content, 'bun bench/kill.ts', file),
    ],
    charts: [],
  };
}

/** Durable QoS 1 for subscribers that are away. */
export function durableSection({ content, file }: NonNullable<Results['durable']>): Section {
  const { messagesPerSecond, mustPerSecond, aimPerSecond, inFlight, cpuShareByThread } = content;
  const engine = cpuShareByThread['bun.exe'] ?? 0;
  const journal = cpuShareByThread['journal'] ?? 0;
  const cores = content.cores.split(',').length;
  return {
    title: { en: 'Durable QoS 1', zh: '持久化 QoS 1' },
    body: (language) => [
      ...(language === 'en'
        ? [
            `${content.publishers} publishers over TLS keep ${figure(inFlight)} QoS 1 messages of ${content.payloadBytes} bytes in flight to ${content.sessions} sessions whose subscribers are away; every PUBACK leaves after the`,
            `fdatasync of its batch (\`--durability ${content.durability}\`). The service, engine and journal thread together, has ${cores === 1 ? 'one core' : `${cores} cores`}.`,
            '',
            `**${figure(messagesPerSecond)} messages a second**; must ${figure(mustPerSecond)}, aim ${figure(aimPerSecond)}. Of a core the engine's thread took ${(engine * 100).toFixed(0)} % and`,
            `the journal's ${(journal * 100).toFixed(0)} %. A write of 4 KiB with its fdatasync took ${content.fsyncMs} ms on this disk. Afterwards the subscribers came back: ${figure(content.acknowledged)} messages`,
            `were acknowledged, ${figure(content.received)} received.`,
          ]
        : [
            `${content.publishers} 个发布者经 TLS 保持 ${figure(inFlight)} 条飞行中的 QoS 1 消息（${content.payloadBytes} 字节），发往 ${content.sessions} 个订阅者离线的会话；每个 PUBACK 都在所在批次`,
            `fdatasync 之后才发出（\`--durability ${content.durability}\`）。服务（引擎线程与日志线程合计）占用 ${cores} 个核。`,
            '',
            `**每秒 ${figure(messagesPerSecond)} 条**；要求 ${figure(mustPerSecond)}，目标 ${figure(aimPerSecond)}。引擎线程占一个核的 ${(engine * 100).toFixed(0)} %，日志线程占`,
            `${(journal * 100).toFixed(0)} %。该磁盘上写 4 KiB 并 fdatasync 用时 ${content.fsyncMs} 毫秒。之后订阅者重新连接：已确认 ${figure(content.acknowledged)} 条，`,
            `收到 ${figure(content.received)} 条。`,
          ]),
      '',
      ...provenance(language, content, 'bun bench/durable.ts', file),
    ],
    charts: [
      {
        name: 'durable',
        alternative: { en: 'Durable messages a second against must and aim', zh: '每秒持久化消息数与要求、目标' },
        svg: (language) =>
          barChart({
            title: language === 'en' ? 'Durable QoS 1 messages a second' : '每秒持久化 QoS 1 消息数',
            legend: [],
            marked: language === 'en' ? 'must and aim' : '要求与目标',
            groups: [
              {
                label: language === 'en' ? `${figure(inFlight)} in flight` : `${figure(inFlight)} 条飞行中`,
                bars: [{ value: messagesPerSecond, text: figure(messagesPerSecond) }],
                marks: [mustPerSecond, aimPerSecond],
              },
            ],
          }),
      },
    ],
  };
}
