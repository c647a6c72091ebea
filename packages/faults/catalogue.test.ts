import { describe, expect, test } from 'bun:test';
import {
  classes,
  connackCode,
  disconnectCode,
  fault,
  faultNumber,
  faults,
  faultsOfNumber,
  reasonStringOf,
} from './mod.ts';
import type { FaultName, Text } from './mod.ts';
import { faultNumbers } from './names.ts';

const names = Object.keys(faultNumbers) as FaultName[];
const all = names.map((name) => fault(name));
const chinese = /[\u4e00-\u9fff]/;
/** ASCII punctuation that stands right beside a Chinese character. */
const halfWidth = /[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]/;
/** Calls such as loop() end in a parenthesis before Chinese text. */
const withoutCalls = (text: string) => text.replaceAll(/\w+\([^()]*\)/g, 'call');

/** Reason codes that MQTT 5.0 allows in CONNACK (section 3.2.2.2) and in DISCONNECT from a server (section 3.14.2.1). */
const connackCodes = [
  0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c,
  0x9d, 0x9f,
];
const disconnectCodes = [
  0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
  0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];

describe('every name', () => {
  test('has one entry, under its own name and number', () => {
    expect(Object.keys(faults)).toEqual(names);
    for (const name of names) {
      expect(fault(name).name).toBe(name);
      expect(fault(name).number).toBe(faultNumbers[name]);
      expect(faultNumber(name)).toBe(faultNumbers[name]);
    }
  });

  test('has a number from 0 to -19 whose class has a title', () => {
    for (const { number } of all) {
      expect(number).toBeLessThanOrEqual(0);
      expect(number).toBeGreaterThanOrEqual(-19);
      expect(classes[number].number).toBe(number);
      expect(classes[number].title.en).not.toBe('');
      expect(classes[number].title.zh).not.toBe('');
    }
  });

  test('is found by its number', () => {
    expect(faultsOfNumber(-5).map((entry) => entry.name)).toEqual(['sni.missing', 'sni.unknown']);
    expect(faultsOfNumber(-19)).toEqual([]);
    const numbers = Object.values(classes).map((entry) => entry.number);
    expect(numbers.flatMap((number) => faultsOfNumber(number))).toHaveLength(names.length);
  });

  test('is seen by somebody', () => {
    for (const entry of all) expect(entry.seenBy.length).toBeGreaterThan(0);
  });

  test('counts the device among those who see it exactly where it is said on the wire', () => {
    for (const { name, seenBy, connack, disconnect, reasonString } of all) {
      const said = connack !== null || disconnect !== null || reasonString !== null;
      expect([name, seenBy.includes('device')]).toEqual([name, said]);
    }
  });
});

describe('texts', () => {
  const texts = (name: FaultName): Text[] => [fault(name).title, fault(name).cause, fault(name).remedy];

  test('are there in both languages', () => {
    for (const name of names) {
      for (const text of texts(name)) {
        expect(text.en.length).toBeGreaterThan(5);
        expect([text.en, chinese.test(text.en)]).toEqual([text.en, false]);
        expect([text.zh, chinese.test(text.zh)]).toEqual([text.zh, true]);
      }
    }
  });

  test('are whole sentences in cause and remedy', () => {
    for (const { cause, remedy } of all) {
      for (const text of [cause, remedy]) {
        expect(text.en).toMatch(/^[A-Z"].*\.$/);
        expect(text.zh).toMatch(/。$/);
      }
    }
  });

  test('have full-width punctuation in Chinese', () => {
    for (const name of names) {
      for (const { zh } of texts(name)) expect([zh, halfWidth.test(withoutCalls(zh))]).toEqual([zh, false]);
    }
  });
});

describe('answers on the wire', () => {
  /** The table of classes: code of CONNACK in 3.x and 5.0, DISCONNECT in 5.0. */
  const table: Partial<Record<FaultName, [v3: number | null, v5: number | null, disconnect: number | null]>> = {
    'credentials.missing': [4, 0x86, 0x87],
    'credentials.unknown-user': [4, 0x86, 0x87],
    'credentials.wrong-password': [4, 0x86, 0x87],
    'credentials.disabled': [4, 0x86, 0x87],
    'credentials.changed': [4, 0x86, 0x87],
    'credentials.deleted': [4, 0x86, 0x87],
    'sni.missing': [5, 0x87, null],
    'sni.unknown': [5, 0x87, null],
    'deployment.stopped': [3, 0x88, 0x98],
    'deployment.idle': [3, 0x88, 0x98],
    'deployment.usage': [3, 0x88, 0x98],
    'deployment.deleted': [3, 0x88, 0x98],
    'limit.sessions': [3, 0x97, null],
    'limit.sessions-per-user': [3, 0x97, null],
    'limit.connect-rate': [3, 0x9f, null],
    'limit.failed-logins': [3, 0x9f, null],
    'banned.rule': [5, 0x8a, 0x98],
    'banned.flapping': [5, 0x8a, 0x98],
    'protocol.version': [1, 0x84, null],
    'protocol.client-id': [2, 0x85, null],
    'protocol.malformed': [null, 0x81, 0x81],
    'protocol.error': [null, 0x82, 0x82],
    'protocol.second-connect': [null, null, 0x82],
    'protocol.authentication-method': [null, 0x8c, 0x82],
    'protocol.topic-alias': [null, null, 0x94],
    'limit.packet-size': [null, 0x95, 0x95],
    'limit.receive-maximum': [null, null, 0x93],
    'session.taken-over': [null, null, 0x8e],
    'connection.keep-alive': [null, null, 0x8d],
    'connection.kicked': [null, null, 0x98],
    'server.draining': [3, 0x88, 0x8b],
    'server.busy': [3, 0x89, 0x89],
    'server.storage': [3, 0x88, 0x89],
    'server.error': [3, 0x80, 0x80],
  };

  test('are those of the table, and none elsewhere', () => {
    for (const name of names) {
      const answers = [connackCode(name, 4), connackCode(name, 5), disconnectCode(name)];
      expect([name, answers]).toEqual([name, table[name] ?? [null, null, null]]);
      expect(connackCode(name, 3)).toBe(connackCode(name, 4));
    }
  });

  test('are codes that the standards have', () => {
    for (const { connack, disconnect } of all) {
      if (connack !== null) expect(connackCodes).toContain(connack.v5);
      if (connack !== null && connack.v3 !== null) expect([1, 2, 3, 4, 5]).toContain(connack.v3);
      if (disconnect !== null) expect(disconnectCodes).toContain(disconnect);
    }
  });

  test('say the same about every fault of credentials', () => {
    const said = faultsOfNumber(-4).map((entry) =>
      JSON.stringify([entry.connack, entry.disconnect, entry.reasonString]),
    );
    expect(said).toHaveLength(6);
    expect(new Set(said).size).toBe(1);
    expect(reasonStringOf('credentials.wrong-password')).not.toMatch(
      /unknown|wrong|disabled|exist|changed|deleted|missing/i,
    );
  });
});

describe('Reason Strings', () => {
  const reasons = all.flatMap((entry) => (entry.reasonString === null ? [] : [{ ...entry, text: entry.reasonString }]));

  test('begin with the number', () => {
    expect(reasonStringOf('sni.missing')).toStartWith('error -5: ');
    for (const { number, text } of reasons) expect(text).toStartWith(`error ${number}: `);
  });

  test('are printable ASCII under 120 bytes', () => {
    for (const { text } of reasons) expect(text).toMatch(/^[ -~]{12,119}$/);
  });

  test('go with every code, and are absent where nothing went wrong', () => {
    for (const { connack, disconnect, reasonString } of all) {
      if (connack !== null || disconnect !== null) expect(reasonString).not.toBeNull();
    }
    for (const entry of faultsOfNumber(0)) {
      expect([entry.reasonString, entry.connack, entry.disconnect]).toEqual([null, null, null]);
    }
  });
});

test('ordinary ends are of severity info', () => {
  for (const entry of faultsOfNumber(0)) expect(entry.severity).toBe('info');
});
