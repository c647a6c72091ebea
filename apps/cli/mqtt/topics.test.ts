import { expect, test } from 'bun:test';
import { parseTopicFilter, parseTopicName } from './topics.ts';

test('topic filters', () => {
  for (const filter of ['#', '+', 'a/#', '+/a/+', '/', '$SYS/#', '$share/group/a/+', 'a//b'])
    expect(parseTopicFilter(filter)).toBe(filter);
  for (const filter of [
    '',
    'a#',
    '#/a',
    'a+',
    'a/+b/c',
    '$share/group',
    '$share//a',
    '$share/g+/a',
    '$share/g/',
    'a\0',
    'x'.repeat(65_536),
  ]) {
    expect(() => parseTopicFilter(filter)).toThrow();
  }
});

test('topic names have no wildcards', () => {
  expect(parseTopicName('$share/a')).toBe('$share/a');
  for (const topic of ['', 'a/#', '+', 'a\0b']) expect(() => parseTopicName(topic)).toThrow();
});
