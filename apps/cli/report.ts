import { fault, faultNumber, type FaultName, type Text } from '../../packages/faults/mod.ts';
import { diagnose } from './diagnose.ts';
import type { Language } from './language.ts';
import { codeNameOf } from './mqtt/code-names.ts';
import { paragraph } from './paragraph.ts';
import type { Symptom } from './symptom.ts';
import { printable } from './table.ts';

/** What was seen, on one line: the raw code with its name in the standard, and what the server said. */
export function describeSymptom(symptom: Symptom, language: Language): string {
  const say = phrases[language];
  switch (symptom.kind) {
    case 'system':
      return printable(
        symptom.message.includes(symptom.code)
          ? symptom.message
          : `${symptom.code}: ${symptom.message}`.replace(/: $/, ''),
      );
    case 'timeout':
      return `${say.noAnswer} (${say.stages[symptom.stage]})`;
    case 'closed':
      return `${say.closed} (${say.stages[symptom.stage]})`;
    case 'foreign':
      return `${say.notMqtt}${symptom.protocol === 'other' ? '' : ` (${symptom.protocol.toUpperCase()})`}`;
    case 'http':
      return `HTTP ${symptom.status}${quoted(symptom.body.trim().split('\n')[0] ?? '')}`;
    case 'websocket':
      return `WebSocket ${symptom.status}${quoted(symptom.reason)}`;
    case 'connack':
      return `CONNACK ${codeNameOf('connack', symptom.version, symptom.code)}${quoted(symptom.reasonString)}`;
    case 'disconnect':
      return `DISCONNECT ${codeNameOf('disconnect', 5, symptom.code)}${quoted(symptom.reasonString)}`;
    case 'publish':
      return `${say.refused}: ${codeNameOf('publish', 5, symptom.code)}${quoted(symptom.reasonString)}`;
    case 'subscribe':
      return `SUBACK ${codeNameOf('suback', symptom.version, symptom.code)}, ${printable(symptom.topicFilter)}${quoted(symptom.reasonString)}`;
  }
}

function quoted(text: string | null): string {
  return text === null || text === '' ? '' : `: "${printable(text.slice(0, 300))}"`;
}

const phrases = {
  en: {
    noAnswer: 'no answer in time',
    closed: 'the connection was closed',
    notMqtt: 'the answer is not MQTT',
    refused: 'the message was refused',
    stages: {
      tcp: 'while connecting',
      tls: 'during the TLS handshake',
      upgrade: 'during the WebSocket upgrade',
      connack: 'before CONNACK',
      open: 'while connected',
    },
  },
  zh: {
    noAnswer: '未在时限内得到应答',
    closed: '连接被关闭',
    notMqtt: '应答不是 MQTT',
    refused: '消息被拒绝',
    stages: {
      tcp: '建立连接时',
      tls: 'TLS 握手时',
      upgrade: 'WebSocket 升级时',
      connack: '收到 CONNACK 之前',
      open: '连接期间',
    },
  },
} as const;

const labels = {
  en: { error: 'error', cause: 'Cause:  ', remedy: 'Remedy: ' },
  zh: { error: '错误', cause: '原因：', remedy: '处理：' },
} as const;

/** What people are told about a fault. */
export interface Explanation {
  readonly name: string;
  readonly title: Text;
  readonly cause: Text;
  readonly remedy: Text;
}

/**
 * No server tells a device which part of its credentials is wrong. The entries of the catalogue are written for the
 * owner, who sees more, and would claim too much here.
 */
const refusedCredentials: Explanation = {
  name: 'credentials',
  title: { en: 'User name or password not accepted', zh: '用户名或密码未被接受' },
  cause: {
    en: 'The deployment does not know the user name, the password is another one, or the credential is disabled. A device is not told which.',
    zh: '该部署没有此用户名，或密码不符，或该凭证已停用。服务器不会告诉设备是哪一种。',
  },
  remedy: {
    en: 'Compare user name and deployment ("berth credential list"), or set a new password ("berth credential set-password"). In a shell put the password in single quotes. The log of the service says which it was.',
    zh: '请核对用户名和部署（"berth credential list"），或设置新密码（"berth credential set-password"）。在 shell 中请用单引号括住密码。服务日志会写明具体原因。',
  },
};

/** The same for a connection that was open. */
const endedCredentials: Explanation = {
  name: 'credentials',
  title: { en: 'The credential is no longer valid', zh: '凭证已失效' },
  cause: {
    en: 'The password of this user name was changed, or the credential was disabled or deleted, while the client was connected.',
    zh: '连接期间，此用户名的密码被修改，或该凭证被停用或删除。',
  },
  remedy: {
    en: 'Connect with the new password, or ask the owner of the deployment. "berth credential list" shows the state.',
    zh: '请使用新密码连接，或联系部署的所有者。"berth credential list" 可查看状态。',
  },
};

/** @param kind of the symptom: a CONNACK does not tell which part of the credentials is wrong. */
export function explanationOf(name: FaultName, kind: Symptom['kind']): Explanation {
  if (kind === 'connack' && name === 'credentials.wrong-password') return refusedCredentials;
  if (kind === 'disconnect' && name === 'credentials.changed') return endedCredentials;
  return fault(name);
}

/** A fault for people: what was seen, number, name, title, cause and remedy. */
export function renderFault(name: FaultName, symptom: Symptom, language: Language): string {
  const entry = explanationOf(name, symptom.kind);
  const { error, cause, remedy } = labels[language];
  return [
    describeSymptom(symptom, language),
    `  ${error} ${faultNumber(name)}  ${entry.name}  ${entry.title[language]}`,
    ...paragraph('  ', cause, entry.cause[language]),
    ...paragraph('  ', remedy, entry.remedy[language]),
  ].join('\n');
}

/** The same for a symptom; just what was seen where it is no fault. */
export function renderSymptom(symptom: Symptom, language: Language): string {
  const name = diagnose(symptom);
  return name === null ? describeSymptom(symptom, language) : renderFault(name, symptom, language);
}
