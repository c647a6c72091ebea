import { expect, test } from 'bun:test';
import { preferredLanguage } from './language.ts';

test.each([
  [null, 'en'],
  ['', 'en'],
  ['de', 'en'],
  ['zh', 'zh-CN'],
  ['zh-Hans-CN, en;q=0.5', 'zh-CN'],
  ['de-DE, en-GB;q=0.8, zh;q=0.4', 'en'],
  ['en;q=0.2,zh-TW;q=0.9', 'zh-CN'],
  ['zh;q=0, en', 'en'],
  ['zh;q=x', 'en'],
  ['zhuang', 'en'],
] as const)('%p is read in %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});
