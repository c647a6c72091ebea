import type { FaultNumber } from './names.ts';
import type { Text } from './types.ts';

/** A class of faults: what all faults of one number have in common. */
export interface FaultClass {
  readonly number: FaultNumber;
  readonly title: Text;
  /** What a CONNECT, or whatever came instead of one, is answered. null: nothing. */
  readonly answerToConnect: Text | null;
  /** What an open connection gets. null: nothing. */
  readonly answerWhenOpen: Text | null;
}

function entry(
  number: FaultNumber,
  title: Text,
  answerToConnect: Text | null,
  answerWhenOpen: Text | null,
): FaultClass {
  return { number, title, answerToConnect, answerWhenOpen };
}

/** The same words in both languages: codes. */
function code(text: string): Text {
  return { en: text, zh: text };
}

/** The classes by their number. */
export const classes: Readonly<Record<FaultNumber, FaultClass>> = {
  [0]: entry(0, { en: 'Ordinary end', zh: '正常结束' }, null, null),
  [-1]: entry(
    -1,
    { en: 'Address', zh: '连接地址' },
    {
      en: 'Nothing: the server never sees it. Only the doctor finds it.',
      zh: '无：服务器看不到，只有诊断工具 berth doctor 能发现。',
    },
    null,
  ),
  [-2]: entry(
    -2,
    { en: 'Port or protocol', zh: '端口或协议' },
    {
      en: 'TLS alert and close; HTTP 400, 404 or 426 with a sentence of text where HTTP is spoken.',
      zh: 'TLS 告警后关闭；对方使用 HTTP 时返回 400、404 或 426 并附一句说明。',
    },
    { en: 'WebSocket close frame.', zh: 'WebSocket 关闭帧。' },
  ),
  [-3]: entry(-3, { en: 'TLS', zh: 'TLS' }, { en: 'TLS alert.', zh: 'TLS 告警。' }, null),
  [-4]: entry(-4, { en: 'Credentials', zh: '认证信息' }, code('CONNACK 4 / 0x86'), {
    en: 'Changed, disabled or deleted: DISCONNECT 0x87.',
    zh: '被修改、禁用或删除：DISCONNECT 0x87。',
  }),
  [-5]: entry(-5, { en: 'SNI', zh: 'SNI' }, code('CONNACK 5 / 0x87'), null),
  [-6]: entry(
    -6,
    { en: 'Deployment not running', zh: '部署未运行' },
    code('CONNACK 3 / 0x88'),
    code('DISCONNECT 0x98'),
  ),
  [-7]: entry(
    -7,
    { en: 'Limit on connecting', zh: '连接限制' },
    { en: 'CONNACK 3 / 0x97; for rates 3 / 0x9F.', zh: 'CONNACK 3 / 0x97；速率类为 3 / 0x9F。' },
    null,
  ),
  [-8]: entry(-8, { en: 'Banned', zh: '已封禁' }, code('CONNACK 5 / 0x8A'), code('DISCONNECT 0x98')),
  [-9]: entry(
    -9,
    { en: 'Protocol', zh: '协议错误' },
    {
      en: 'Version: CONNACK 1 / 0x84. Client id: 2 / 0x85. Bad packet: 3.x closed, 5.0 CONNACK 0x81 or 0x82. Authentication method: 5.0 CONNACK 0x8C. Wrong first packet or none in time: closed without a word.',
      zh: '协议版本：CONNACK 1 / 0x84。客户端 ID：2 / 0x85。报文错误：3.x 直接关闭，5.0 返回 CONNACK 0x81 或 0x82。认证方法：5.0 返回 CONNACK 0x8C。首个报文错误或超时未发送：直接关闭。',
    },
    { en: 'DISCONNECT 0x81, 0x82 or the exact code.', zh: 'DISCONNECT 0x81、0x82 或确切的原因码。' },
  ),
  [-10]: entry(-10, { en: 'Not permitted', zh: '无权限' }, null, {
    en: 'SUBACK 0x80 (3.1.1) or 0x87 (5.0), 3.1 is closed; publish: acknowledged and not delivered (3.x), PUBACK or PUBREC 0x87 (5.0).',
    zh: '订阅：SUBACK 0x80（3.1.1）或 0x87（5.0），3.1 直接关闭；发布：3.x 确认但不投递，5.0 返回 PUBACK 或 PUBREC 0x87。',
  }),
  [-11]: entry(
    -11,
    { en: 'Limit of a message or a subscription', zh: '消息或订阅限制' },
    {
      en: 'CONNECT over the packet size: 3.x closed, 5.0 CONNACK 0x95.',
      zh: 'CONNECT 超过报文大小：3.x 直接关闭，5.0 返回 CONNACK 0x95。',
    },
    {
      en: 'Packet size: DISCONNECT 0x95; Receive Maximum: DISCONNECT 0x93; the others leave the connection open.',
      zh: '报文大小：DISCONNECT 0x95；Receive Maximum：DISCONNECT 0x93；其余不断开连接。',
    },
  ),
  [-12]: entry(-12, { en: 'Taken over', zh: '会话被接管' }, null, code('DISCONNECT 0x8E')),
  [-13]: entry(-13, { en: 'Keep-alive or peer gone', zh: '心跳超时或对端消失' }, null, {
    en: 'Keep-alive: DISCONNECT 0x8D.',
    zh: '心跳超时：DISCONNECT 0x8D。',
  }),
  [-14]: entry(-14, { en: 'Kicked', zh: '被踢下线' }, null, code('DISCONNECT 0x98')),
  [-15]: entry(
    -15,
    { en: 'Server', zh: '服务器' },
    {
      en: 'Draining or storage: CONNACK 3 / 0x88; busy: 3 / 0x89; internal error: 3 / 0x80.',
      zh: '正在停机或存储不可用：CONNACK 3 / 0x88；繁忙：3 / 0x89；内部错误：3 / 0x80。',
    },
    {
      en: 'Shutdown: DISCONNECT 0x8B; busy or storage: 0x89; internal error: 0x80.',
      zh: '停机：DISCONNECT 0x8B；繁忙或存储不可用：0x89；内部错误：0x80。',
    },
  ),
};
