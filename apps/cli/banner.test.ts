import { describe, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { renderBanner } from './banner.ts';
import { detectLanguage } from './language.ts';
import { shellQuote } from './shell.ts';

const ready = {
  deployment: { id: 'k3x9', name: 'default' },
  address: 'k3x9.berth.localhost',
  bind: 'all',
  mqtts: 8883,
  wss: 8084,
  http: 18083,
  httpBind: '127.0.0.1',
  httpTls: false,
  username: 'device',
  password: 's3cret-Pass_word',
  data: resolve('berth-data'),
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

  test('a later start has no password, nor has a first one with a chosen password, but says how to set a new one', () => {
    const { password: _, ...later } = ready;
    const text = renderBanner(later, english);
    expect(text).not.toContain('s3cret');
    expect(text).toContain('npm run -s berth -- credential set-password k3x9 device');
    expect(text).toContain("-u device -P PASSWORD -t 'test/#'");
  });

  test('other ports and another data directory stand in every line', () => {
    const text = renderBanner({ ...ready, mqtts: 30001, data: '/srv/my data', ca: '/srv/my data/ca.crt' }, english);
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

  test('the data directory is named where there is no CA file in it either', () => {
    const { password: _, ...later } = ready;
    const text = renderBanner({ ...later, data: '/srv/berth', ca: '' }, english);
    expect(text).toContain('credential set-password k3x9 device --data /srv/berth)');
    expect(text).toContain('sub -h k3x9.berth.localhost --data /srv/berth -u device');
    expect(text).toContain('mosquitto_sub -h k3x9.berth.localhost -p 8883 --tls-use-os-certs -u device');
  });

  test.each(['all', '0.0.0.0', '::', '127.0.0.1', '::1'])('bound to %s it is reached at localhost', (bind) => {
    expect(renderBanner({ ...ready, bind }, english)).toContain('mosquitto_sub -h localhost ');
  });

  test('bound to another address no line goes to localhost, and how the name gets there is said', () => {
    const text = renderBanner({ ...ready, bind: '192.168.1.5' }, english);
    const lines = text.slice(text.indexOf('Try it')).split('\n');
    expect(lines.filter((line) => /\blocalhost\b/.test(line.replaceAll('k3x9.berth.localhost', '')))).toEqual([]);
    expect(lines).toContain(
      `npm run -s berth -- sub -h 192.168.1.5 --servername k3x9.berth.localhost -u device -P s3cret-Pass_word -t 'test/#' -v`,
    );
    expect(text).toContain('mosquitto_sub -h k3x9.berth.localhost -p 8883 ');
    expect(text).toContain('mqttx sub -h k3x9.berth.localhost -p 8883 ');
    expect(lines).toContain(`client.connect('k3x9.berth.localhost', 8883)`);
    expect(lines).toContain('# 192.168.1.5 k3x9.berth.localhost');
    expect(renderBanner({ ...ready, bind: '192.168.1.5' }, { ...english, language: 'zh' })).toContain('/etc/hosts');
  });

  test('without a credential it says how to make one, and the lines fit that', () => {
    const { password: _password, username: _username, ...bare } = ready;
    const text = renderBanner({ ...bare, data: '/srv/berth', ca: '/srv/berth/ca.crt' }, english);
    expect(text).toContain('npm run -s berth -- credential add k3x9 device --data /srv/berth)');
    expect(text).not.toContain('set-password');
    expect(text).toContain(`-u device -P PASSWORD -t 'test/#'`);
  });

  test('without the first deployment it shows nothing of one, and how to make another', () => {
    const { password: _password, username: _username, ...bare } = ready;
    const none = { ...bare, deployment: null, address: null, data: '/srv/berth' };
    const text = renderBanner(none, english);
    expect(text).toContain('Deployment  (the first one was deleted)\n');
    expect(text).toContain('npm run -s berth -- deployment create my-devices --data /srv/berth\n');
    expect(text).not.toMatch(/Address|User name|credential|mosquitto|\(\)| {2}USERNAME/);
    expect(renderBanner(none, { ...english, language: 'zh' })).toContain('（第一个部署已被删除）');
  });

  test('a chosen user name with quotes stays one word in the shell and in Python', () => {
    const text = renderBanner({ ...ready, username: `it's $HOME\\` }, english);
    expect(text).toContain(`-u 'it'\\''s $HOME\\' -P s3cret-Pass_word`);
    expect(text).toContain(`client.username_pw_set('it\\'s $HOME\\\\', 's3cret-Pass_word')`);
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
