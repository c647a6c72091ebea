import { describe, expect, test } from 'bun:test';
import { type Config, type ConfigInput, loadConfig } from './load.ts';
import { options } from './options.ts';

interface Given {
  flags?: ConfigInput['flags'];
  env?: ConfigInput['env'];
  files?: Record<string, string>;
}

function load({ flags = {}, env = {}, files = {} }: Given) {
  return loadConfig({
    flags,
    env,
    readFile(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
      return text;
    },
  });
}

function config(given: Given): Config {
  const result = load(given);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.config;
}

function problems(given: Given): readonly string[] {
  const result = load(given);
  if (result.ok) throw new Error('no problem was found');
  return result.problems;
}

const secret = 'hunter2';

describe('loadConfig', () => {
  test('without anything gives the defaults', () => {
    expect(load({})).toEqual({
      ok: true,
      warnings: [],
      config: {
        data: './berth-data',
        domain: 'berth.localhost',
        san: [],
        cert: null,
        key: null,
        sessionTickets: false,
        bind: 'all',
        httpBind: '127.0.0.1',
        mqttsPort: 8883,
        wssPort: 8084,
        httpPort: 18083,
        durability: 'fsync',
        willGrace: 30,
        log: 'auto',
        username: null,
        password: null,
      },
    });
  });

  test('a flag goes before the environment, that before the file, that before the default', () => {
    const files = { 'berth.json': '{"mqttsPort": 1, "wssPort": 2, "httpPort": 3}' };
    const env = { BERTH_CONFIG: 'berth.json', BERTH_MQTTS_PORT: '11', BERTH_WSS_PORT: '12' };
    expect(config({ files, env, flags: { mqttsPort: '21' } })).toMatchObject({
      mqttsPort: 21,
      wssPort: 12,
      httpPort: 3,
    });
  });

  test('an empty environment variable counts as not set', () => {
    expect(config({ env: { BERTH_DOMAIN: '' } }).domain).toBe('berth.localhost');
  });

  test('every option has an environment variable and a key in the file', () => {
    const values: Record<string, string> = {
      data: '/srv/berth',
      domain: 'mqtt.example.com',
      san: 'gateway.lan',
      cert: '/etc/tls/fullchain.pem',
      key: '/etc/tls/key.pem',
      sessionTickets: 'on',
      bind: '127.0.0.1',
      httpBind: '::1',
      mqttsPort: '0',
      wssPort: '0',
      httpPort: '0',
      durability: 'os',
      willGrace: '0',
      log: 'json',
      username: 'sensor',
      password: 'long enough for all',
    };
    const direct = options.filter((option) => !option.key.endsWith('File'));
    expect(direct.map((option) => option.key).toSorted()).toEqual(Object.keys(values).toSorted() as never);
    const env = Object.fromEntries(direct.map((option) => [option.environment, values[option.key]]));
    const fromFile = config({ flags: { config: 'f' }, files: { f: JSON.stringify(values) } });
    expect(config({ env })).toEqual(fromFile);
    expect(fromFile).toMatchObject({
      ...values,
      san: ['gateway.lan'],
      sessionTickets: true,
      mqttsPort: 0,
      wssPort: 0,
      httpPort: 0,
      willGrace: 0,
    });
  });

  test('the grace time of wills is a number of seconds', () => {
    expect(config({ flags: { willGrace: 86_400 } }).willGrace).toBe(86_400);
    for (const willGrace of ['-1', '1.5', '30s', '86401', 86_401])
      expect(problems({ flags: { willGrace } })).toEqual([
        `--will-grace must be a whole number of seconds from 0 to 86400, not ${JSON.stringify(willGrace)}.`,
      ]);
  });

  test('session tickets are on or off, in a file also true or false', () => {
    const inFile = (value: unknown) => ({
      flags: { config: 'f' },
      files: { f: JSON.stringify({ sessionTickets: value }) },
    });
    expect(config({ flags: { sessionTickets: 'on' } }).sessionTickets).toBe(true);
    expect(config({ flags: { sessionTickets: 'off' }, env: { BERTH_SESSION_TICKETS: 'on' } }).sessionTickets).toBe(
      false,
    );
    for (const [value, isOn] of [
      [true, true],
      [false, false],
      ['on', true],
      ['off', false],
    ] as const)
      expect(config(inFile(value)).sessionTickets).toBe(isOn);
    for (const value of ['yes', 'ON', 1, []])
      expect(problems(inFile(value))).toEqual([
        `"sessionTickets" in f must be on or off, not ${JSON.stringify(value)}.`,
      ]);
  });

  test('reports every mistake at once, one sentence each, with where it stands', () => {
    const found = problems({
      flags: { config: 'berth.json', domain: 'localhost', san: ['ok.example', 'not_ok'] },
      env: { BERTH_MQTTS_PORT: '70000', BERTH_DURABILITY: 'paper' },
      files: { 'berth.json': '{"bind": "everywhere", "mqtsPort": 1}' },
    });
    expect(found).toHaveLength(6);
    expect(found[0]).toBe('"mqtsPort" in berth.json is not an option. Did you mean "mqttsPort"?');
    expect(found.find((text) => text.startsWith('--domain'))).toContain('at least two labels');
    expect(found.find((text) => text.startsWith('--san'))).toEndWith('not "not_ok".');
    expect(found.find((text) => text.startsWith('BERTH_MQTTS_PORT'))).toContain('from 0 to 65535');
    expect(found.find((text) => text.startsWith('BERTH_DURABILITY'))).toContain('fsync, os or memory');
    expect(found.find((text) => text.startsWith('"bind" in berth.json'))).toContain('IP address');
  });

  test.each([
    ['localhost', false],
    ['berth.localhost', true],
    ['MQTT.Example.COM', true],
    ['-a.example', false],
    ['a..example', false],
    ['a.example.', false],
    ['under_score.example', false],
    ['10.0.0.1', false],
    ['mqtt.10', false],
    ['设备.example', false],
    ['xn--jhr43u.example', true],
    [`${'a'.repeat(63)}.example`, true],
    [`${'a'.repeat(64)}.example`, false],
    [`${'abcdefgh.'.repeat(25)}example`, false],
  ])('domain %s: %p', (domain, isAccepted) => {
    expect(load({ flags: { domain } }).ok).toBe(isAccepted);
  });

  test('names and addresses of --san come in one canonical form, repeated or with commas', () => {
    const { san } = config({ flags: { san: ['Gateway.LAN, 10.0.0.7', '2001:DB8:0:0::5', '*.Devices.lan'] } });
    expect(san).toEqual(['gateway.lan', '10.0.0.7', '2001:db8::5', '*.devices.lan']);
  });

  test("a certificate of one's own needs its key, and the other way round", () => {
    expect(config({ flags: { cert: 'c.pem' }, env: { BERTH_KEY: 'k.pem' } })).toMatchObject({
      cert: 'c.pem',
      key: 'k.pem',
    });
    expect(problems({ env: { BERTH_CERT: 'c.pem' } })).toEqual([
      'BERTH_CERT is set and --key is not. Set both, or neither: then Berth makes its own certificate.',
    ]);
    expect(problems({ flags: { key: 'k.pem' } })).toEqual([
      '--key is set and --cert is not. Set both, or neither: then Berth makes its own certificate.',
    ]);
  });

  test('ports must differ, except where free ones are taken', () => {
    expect(problems({ env: { BERTH_WSS_PORT: '8883' } })).toEqual([
      '--mqtts-port and BERTH_WSS_PORT are both 8883. Give each listener a port of its own (0 takes a free one).',
    ]);
    expect(config({ env: { BERTH_WSS_PORT: '0', BERTH_HTTP_PORT: '0' } })).toMatchObject({ wssPort: 0, httpPort: 0 });
  });

  test.each(['1.5', '-1', 'x', '65536', '0x10'])('port %s is refused', (mqttsPort) => {
    expect(problems({ flags: { mqttsPort } })[0]).toContain('from 0 to 65535');
  });

  test('a password under 8 characters is refused, one under 12 warned about; neither is shown', () => {
    const refused = problems({ env: { BERTH_PASSWORD: secret } });
    expect(refused).toEqual(['BERTH_PASSWORD must have at least 8 characters (12 or more are better).']);
    const accepted = load({ env: { BERTH_PASSWORD: `${secret}.` } });
    expect(accepted.ok && accepted.warnings[0]).toContain('fewer than 12 characters');
    expect(accepted.ok && accepted.warnings.join()).not.toContain(secret);
    const long = load({ env: { BERTH_PASSWORD: 'twelve chars' } });
    expect(long.ok && long.warnings).toEqual([]);
  });

  test('user name and password come from files, without the newline at the end', () => {
    const files = { u: 'sensor\n', p: 'a long password\r\n' };
    const env = { BERTH_USERNAME_FILE: 'u', BERTH_PASSWORD_FILE: 'p' };
    expect(config({ env, files })).toMatchObject({ username: 'sensor', password: 'a long password' });
  });

  test('a secret appears in no problem, wherever it stands', () => {
    const cases: Given[] = [
      { env: { BERTH_PASSWORD: secret } },
      { env: { BERTH_PASSWORD_FILE: 'p' }, files: { p: secret } },
      { flags: { config: 'f' }, files: { f: `{"password": "${secret}"}` } },
      { flags: { config: 'f' }, files: { f: `{"password": "${secret}",,}` } },
      { flags: { config: 'f' }, files: { f: `{"password": ["${secret}"]}` } },
      { env: { BERTH_PASSWORD: secret, BERTH_PASSWORD_FILE: 'p' }, files: { p: secret } },
    ];
    for (const given of cases) {
      const text = problems(given).join('\n');
      expect(text).not.toBe('');
      expect(text).not.toContain(secret);
    }
  });

  test('a password on the command line is not an option: the process list would show it', () => {
    expect(config({ flags: { password: 'on the command line' } }).password).toBeNull();
  });

  test.each([
    [{ flags: { config: 'gone.json' } }, 'The configuration file gone.json cannot be read (it does not exist).'],
    [{ flags: { config: 'f' }, files: { f: 'data: x' } }, 'The configuration file f is not valid JSON.'],
    [{ flags: { config: 'f' }, files: { f: '[]' } }, 'must hold one JSON object'],
    [{ env: { BERTH_PASSWORD_FILE: 'gone' } }, 'The file gone of BERTH_PASSWORD_FILE cannot be read'],
  ] as [Given, string][])('%j is one clear sentence', (given, sentence) => {
    expect(problems(given)[0]).toContain(sentence);
  });

  test('a misspelt environment variable is warned about, an unrelated one is not', () => {
    const result = load({ env: { BERTH_DOMIAN: 'x.y', BERTH_RELEASE_TAG_OF_OURS: '1' } });
    expect(result.ok && result.warnings).toEqual([
      'BERTH_DOMIAN is not an option and is ignored. Did you mean BERTH_DOMAIN?',
    ]);
  });
});
