import { expect, test } from 'bun:test';
import { checkRuleTopicFilter, checkTopicFilter, checkTopicName } from './topic-filter.ts';

test.each([
  'a',
  '/',
  '#',
  '+',
  'a/+/b/#',
  '/#',
  '${clientid}',
  'a/${username}/#',
  '$SYS/#',
  'a b',
  '主题/+',
  'a$b',
  "'=x",
])('a rule may have the topic filter %p', (topicFilter) => {
  expect(checkRuleTopicFilter(topicFilter)).toBeNull();
});

test.each([
  ['', 'at least one character'],
  ['a+', '+ stands'],
  ['a/+b', '+ stands'],
  ['#/a', '# stands'],
  ['a#', '# stands'],
  ['a/${clientId}', 'placeholder'],
  ['x-${clientid}', 'placeholder'],
  ['${clientid', 'placeholder'],
  ['$share/g/a', 'shared subscription'],
  ['a\u0000b', 'control'],
  ['a\nb', 'control'],
  ['\ud800', 'control'],
  ['/'.repeat(64), '64 levels'],
  ['x'.repeat(1025), '1024 characters'],
])('a rule may not have the topic filter %p', (topicFilter, reason) => {
  expect(checkRuleTopicFilter(topicFilter)).toContain(reason);
});

test('a client may subscribe to shared subscriptions that are whole', () => {
  expect(checkTopicFilter('$share/group/a/#')).toBeNull();
  for (const wrong of ['$share/', '$share/g', '$share/g/', '$share//a', '$share/+/a']) {
    expect(checkTopicFilter(wrong)).toContain('$share/NAME/FILTER');
  }
  expect(checkTopicFilter('$share/g/a+')).toContain('+ stands');
});

test('a topic to publish to has no wildcards', () => {
  expect(checkTopicName('a/b')).toBeNull();
  expect(checkTopicName('$SYS/x')).toBeNull();
  expect(checkTopicName('a/+')).toContain('wildcards');
  expect(checkTopicName('')).toContain('at least one character');
  expect(checkTopicName('x'.repeat(65_536))).toContain('65535 bytes');
});
