import { describe, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { renderBanner, shellQuote } from './banner.ts';
import { detectLanguage } from './language.ts';

const ready = {
  deployment: { id: 'k3x9', name: 'default' },
  address: 'k3x9.berth.localhost',
  mqtts: 8883,
  wss: 8084,
  http: 18083,
  httpBind: '127.0.0.1',
  httpTls: false,
  username: 'device',
  password: 's3cret-Pass_word',
  ca: resolve('berth-data/ca.crt'),
};
const english = { language: 'en', command: 'npm run -s berth --' } as const;

describe('the banner', () => {
  test('has the facts and lines that work as they stand', () => {
    const lines = renderBanner(ready, english).split('\n');
    const text = lines.join('\n');
    expect(text).toContain('default (k3x9)');
    expect(text).toContain('k3x9.berth.localhost');
    expect(text).toContain('Guide       http://localhost:18083/guide\n');
    expect(text).toContain('s3cret-Pass_word   (shown this once: keep it)');
    expect(lines).toContain(
      `mosquitto_sub -h localhost -p 8883 --cafile ${ready.ca} -u device -P s3cret-Pass_word -t 'test/#' -v`,
    );
    expect(lines).toContain(`npm run -s berth -- sub -u device -P s3cret-Pass_word -t 'test/#' -v`);
    expect(lines).toContain(`client.username_pw_set('device', 's3cret-Pass_word')`);
    expect(lines).toContain(`client.connect('localhost', 8883)`);
    expect(text).toContain('mqttx sub -h localhost -p 8883 -l mqtts');
  });

  test('a later start has no password but says how to set a new one', () => {
    const { password: _, ...later } = ready;
    const text = renderBanner(later, english);
    expect(text).not.toContain('s3cret');
    expect(text).toContain('npm run -s berth -- credential set-password k3x9 device');
    expect(text).toContain("-u device -P PASSWORD -t 'test/#'");
  });

  test('other ports and another data directory stand in every line', () => {
    const text = renderBanner({ ...ready, mqtts: 30001, ca: '/srv/my data/ca.crt' }, english);
    expect(text).toContain(`sub -p 30001 --data '/srv/my data' -u device`);
    expect(text).toContain(`--cafile '/srv/my data/ca.crt'`);
    expect(text).not.toContain('8883');
  });

  test.each([
    ['127.0.0.1', false, 'http://localhost:18083'],
    ['127.0.0.2', false, 'http://127.0.0.2:18083'],
    ['0.0.0.0', true, 'https://localhost:18083'],
    ['192.168.1.10', true, 'https://192.168.1.10:18083'],
    ['fd00::5', true, 'https://[fd00::5]:18083'],
  ])(
    'guide and REST bound to %s: the address that answers, with the scheme that it speaks',
    (httpBind, httpTls, url) => {
      const text = renderBanner({ ...ready, httpBind, httpTls }, english);
      expect(text).toContain(`Guide       ${url}/guide\n`);
      expect(text).toContain(`REST        ${url}\n`);
    },
  );

  test('a chosen password with quotes stays one word in the shell and in Python', () => {
    const text = renderBanner({ ...ready, password: `it's $HOME\\` }, english);
    expect(text).toContain(`-P 'it'\\''s $HOME\\'`);
    expect(text).toContain(`client.username_pw_set('device', 'it\\'s $HOME\\\\')`);
  });

  test('speaks Chinese', () => {
    const text = renderBanner(ready, { ...english, language: 'zh' });
    expect(text).toContain('Berth 已就绪。');
    expect(text).toContain('仅显示这一次');
    const columns = text
      .split('\n')
      .filter((line) => /^ {2}\S/.test(line))
      .map((line) => Bun.stringWidth(line.slice(0, line.search(/(?<=\S) {2,}(?=\S)/))) <= 10);
    expect(columns.every(Boolean)).toBe(true);
  });
});

test('shell words', () => {
  expect(shellQuote('a-b_c.d/e')).toBe('a-b_c.d/e');
  expect(shellQuote('')).toBe("''");
  expect(shellQuote('a b')).toBe("'a b'");
  expect(Bun.spawnSync(['sh', '-c', `printf %s ${shellQuote(`x'"$\`y\\`)}`]).stdout.toString()).toBe(`x'"$\`y\\`);
});

test('the language follows the locale: LC_ALL, LC_MESSAGES, LANG', () => {
  expect(detectLanguage({})).toBe('en');
  expect(detectLanguage({ LANG: 'zh_CN.UTF-8' })).toBe('zh');
  expect(detectLanguage({ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' })).toBe('en');
  expect(detectLanguage({ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_TW' })).toBe('zh');
  expect(detectLanguage({ LANG: 'de_DE', LC_ALL: '' })).toBe('en');
});
