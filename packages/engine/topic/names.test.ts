import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  hasWildcard,
  isValidTopicFilter,
  isValidTopicName,
  parseSharedFilter,
  topicLevels,
  topicMatchesFilter,
  utf8Bytes,
} from './names.ts';

const level = fc.constantFrom('', 'a', 'b', 'ab', '$a', '$');
const topics = fc
  .array(level, { minLength: 1, maxLength: 6 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 6 }), fc.boolean())
  .map(([levels, hash]) => (hash ? [...levels, '#'] : levels).join('/'))
  .filter((topicFilter) => topicFilter !== '');

/** Section 4.7, as plainly as it can be written. */
function naiveMatch(topic: string[], topicFilter: string[]): boolean {
  if (topicFilter[0] === '#') return true;
  if (topic.length === 0 || topicFilter.length === 0) return topic.length === topicFilter.length;
  if (topicFilter[0] !== '+' && topicFilter[0] !== topic[0]) return false;
  return naiveMatch(topic.slice(1), topicFilter.slice(1));
}

function naiveTopicMatch(topic: string, topicFilter: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(topicFilter)) return false;
  return naiveMatch(topic.split('/'), topicFilter.split('/'));
}

describe('examples of the standard', () => {
  const matching: [topicFilter: string, topic: string][] = [
    // Section 4.7.1.2
    ['sport/tennis/player1/#', 'sport/tennis/player1'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon'],
    ['sport/#', 'sport'],
    ['#', 'sport'],
    ['#', 'sport/tennis/player1'],
    ['#', '/'],
    // Section 4.7.1.3
    ['sport/tennis/+', 'sport/tennis/player1'],
    ['sport/tennis/+', 'sport/tennis/player2'],
    ['sport/+', 'sport/'],
    ['+/+', '/finance'],
    ['/+', '/finance'],
    ['+/tennis/#', 'sport/tennis'],
    ['+/tennis/#', 'sport/tennis/player1'],
    ['sport/+/player1', 'sport/tennis/player1'],
    ['+', 'sport'],
    // Section 4.7.2
    ['$SYS/#', '$SYS/'],
    ['$SYS/#', '$SYS/monitor/Clients'],
    ['$SYS/monitor/+', '$SYS/monitor/Clients'],
    // Section 4.7.3
    ['ACCOUNTS', 'ACCOUNTS'],
    ['Accounts payable', 'Accounts payable'],
    ['/finance', '/finance'],
    ['/', '/'],
    // Below the first level `$` is a letter.
    ['a/+', 'a/$b'],
    ['a/#', 'a/$b/c'],
  ];
  test.each(matching)('%s matches %s', (topicFilter, topic) => {
    expect(topicMatchesFilter(topic, topicFilter)).toBe(true);
  });

  const apart: [topicFilter: string, topic: string][] = [
    // Section 4.7.1.3
    ['sport/tennis/+', 'sport/tennis/player1/ranking'],
    ['sport/+', 'sport'],
    ['+', '/finance'],
    // [MQTT-4.7.2-1]
    ['#', '$SYS/monitor/Clients'],
    ['#', '$SYS'],
    ['+', '$SYS'],
    ['+/#', '$SYS'],
    ['+/monitor/Clients', '$SYS/monitor/Clients'],
    // Section 4.7.3: case, separators in front and at the end [MQTT-4.7.3-4]
    ['ACCOUNTS', 'Accounts'],
    ['finance', '/finance'],
    ['/finance', 'finance'],
    ['finance', 'finance/'],
    ['/', '//'],
    // No prefix of a level counts.
    ['sport/#', 'sports'],
    ['sport', 'spor'],
    ['spor', 'sport'],
  ];
  test.each(apart)('%s does not match %s', (topicFilter, topic) => {
    expect(topicMatchesFilter(topic, topicFilter)).toBe(false);
  });

  test('[MQTT-4.7.3-4] no normalisation of Unicode', () => {
    expect(topicMatchesFilter('caf\u00e9', 'cafe\u0301')).toBe(false);
  });

  test.each(['#', 'sport/tennis/#', '+', '+/tennis/#', 'sport/+/player1', '/', '//', '+/+', '/+', '+/#', 'a b/c'])(
    'filter %s is valid',
    (topicFilter) => expect(isValidTopicFilter(topicFilter)).toBe(true),
  );

  // [MQTT-4.7.1-2] [MQTT-4.7.1-3]
  test.each([
    'sport/tennis#',
    'sport/tennis/#/ranking',
    'sport+',
    '+sport',
    'a/b+/c',
    'a/+b/c',
    '##',
    '#/',
    '++',
    '+#',
  ])('filter %s is not valid', (topicFilter) => expect(isValidTopicFilter(topicFilter)).toBe(false));

  test.each(['sport/#', '#', '+', 'a+b', 'a#'])('[MQTT-4.7.1-1] %s is no Topic Name', (topic) => {
    expect(isValidTopicName(topic)).toBe(false);
  });

  test.each(['Accounts payable', '/', '/finance', '$SYS/broker', '主题/温度', '\u{1f600}'])(
    'topic %s is valid',
    (topic) => {
      expect(isValidTopicName(topic)).toBe(true);
      expect(isValidTopicFilter(topic)).toBe(true);
    },
  );
});

describe.each([
  ['name', isValidTopicName],
  ['filter', isValidTopicFilter],
])('limits of a topic %s', (_, isValid) => {
  test('[MQTT-4.7.3-1] at least one character', () => expect(isValid('')).toBe(false));

  test('[MQTT-4.7.3-2] no null character', () => {
    expect(isValid('\0')).toBe(false);
    expect(isValid('a/\0/b')).toBe(false);
  });

  test('[MQTT-4.7.3-3] at most 65,535 bytes of UTF-8', () => {
    expect(isValid('a'.repeat(65_535))).toBe(true);
    expect(isValid('a'.repeat(65_536))).toBe(false);
    expect(isValid('温'.repeat(21_845))).toBe(true);
    expect(isValid('温'.repeat(21_846))).toBe(false);
    expect(isValid('\u{1f600}'.repeat(16_383))).toBe(true);
    expect(isValid('\u{1f600}'.repeat(16_384))).toBe(false);
  });
});

test('utf8Bytes is the length of the encoded string', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => utf8Bytes(text) === new TextEncoder().encode(text).length),
  );
});

test('a filter and a topic match as the standard has it', () => {
  fc.assert(
    fc.property(topics, filters, (topic, topicFilter) => {
      expect(isValidTopicName(topic) && isValidTopicFilter(topicFilter)).toBe(true);
      expect(topicMatchesFilter(topic, topicFilter)).toBe(naiveTopicMatch(topic, topicFilter));
    }),
    { numRuns: 5000 },
  );
});

test('levels are counted with the empty ones', () => {
  expect([topicLevels('a'), topicLevels('/'), topicLevels('/a'), topicLevels('a/b/c'), topicLevels('a//')]).toEqual([
    1, 2, 2, 3, 3,
  ]);
});

test('hasWildcard', () => {
  expect(['a/b', 'a/+', '#', '$SYS/x'].map(hasWildcard)).toEqual([false, true, true, false]);
});

describe('shared subscriptions', () => {
  test.each(['a', '$share', '$shared/g/a', '$SHARE/g/a', 'share/g/a', '/$share/g/a'])(
    '%s is an ordinary filter',
    (topicFilter) => {
      expect(parseSharedFilter(topicFilter)).toBeNull();
    },
  );

  test('ShareName and filter are taken apart', () => {
    expect(parseSharedFilter('$share/consumer1/sport/tennis/+')).toEqual({
      shareName: 'consumer1',
      topicFilter: 'sport/tennis/+',
    });
    expect(parseSharedFilter('$share/consumer1//finance')).toEqual({ shareName: 'consumer1', topicFilter: '/finance' });
    expect(parseSharedFilter('$share/g/#')).toEqual({ shareName: 'g', topicFilter: '#' });
    expect(parseSharedFilter('$share/g/$SYS/#')).toEqual({ shareName: 'g', topicFilter: '$SYS/#' });
  });

  // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  test.each([
    '$share/',
    '$share//',
    '$share//a',
    '$share/g',
    '$share/g/',
    '$share/+/a',
    '$share/#',
    '$share/g+/a',
    '$share/g/a#',
  ])('%s is invalid', (topicFilter) => expect(parseSharedFilter(topicFilter)).toBe('invalid'));

  test('a ShareName has no null character', () => {
    expect(parseSharedFilter('$share/g\0/a')).toBe('invalid');
  });
});
