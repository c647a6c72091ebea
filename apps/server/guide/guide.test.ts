import { describe, expect, test } from 'bun:test';
import { guideLanguages } from './language.ts';
import { Guide, type GuideAnswer } from './guide.ts';
import { Library } from './library.ts';
import type { GuideValues } from './values.ts';

const values: GuideValues = {
  chosen: 'plant00000',
  address: 'plant00000.mqtt.example.com',
  localAddress: null,
  type: 'serverless',
  ports: { mqtts: 9883, wss: 9084, http: 9083 },
  domain: 'mqtt.example.com',
  origin: 'http://localhost:9083',
  ca: { pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', fingerprints: ['AB:CD'] },
};

function guideWith(changes: Partial<GuideValues> = {}): Guide {
  return new Guide({ library: new Library(), values: () => Promise.resolve({ ...values, ...changes }) });
}

function ask(guide: Guide, path: string, acceptLanguage: string | null = null): Promise<GuideAnswer> {
  return guide.answer({ path, deployment: 'plant00000', origin: values.origin, acceptLanguage });
}

async function bodyOf(guide: Guide, path: string): Promise<string> {
  const answer = await ask(guide, path);
  if (answer.kind !== 'content') throw new Error(`${path} is a redirect`);
  return answer.body;
}

describe('the guide', () => {
  test('begins in the language of the reader, and keeps the deployment', async () => {
    const [english, chinese] = ['/guide/en/?deployment=plant00000', '/guide/zh-CN/?deployment=plant00000'];
    expect(await ask(guideWith(), '')).toEqual({ kind: 'redirect', location: english });
    expect(await ask(guideWith(), '/', 'zh')).toEqual({ kind: 'redirect', location: chinese });
    expect(await ask(guideWith(), '/zh-CN', 'en')).toEqual({ kind: 'redirect', location: chinese });
  });

  test('has every page of its contents in both languages', async () => {
    const library = new Library();
    const [english = [], chinese = []] = guideLanguages.map((language) =>
      library.navigation(language).flatMap((group) => group.entries.map((entry) => entry.slug)),
    );
    expect(english.length).toBeGreaterThan(12);
    expect(chinese).toEqual(english);
    for (const slug of english) {
      const language = slug === 'reference/conformance' ? 'en' : 'zh-CN';
      expect(library.find(slug, 'zh-CN')?.language).toBe(language);
      expect(await ask(guideWith(), `/zh-CN/${slug}`)).toMatchObject({ status: 200 });
    }
  });

  test('says what a placeholder stands for only where it stands there', async () => {
    const unfilled = await bodyOf(guideWith({ chosen: null, address: null }), '/en/');
    expect(unfilled).toContain('ADDRESS');
    expect(await bodyOf(guideWith(), '/en/')).not.toContain('ADDRESS');
    for (const page of ['connections', 'addresses', 'mqttx', 'troubleshooting'])
      expect(await bodyOf(guideWith(), `/en/${page}`)).not.toMatch(/\b(?:ADDRESS|DOMAIN|8883|8084|18083)\b/);
  });

  test('shows a page without a translation in English, and says so', async () => {
    const text = await bodyOf(guideWith(), '/zh-CN/reference/conformance');
    expect(text).toContain('<article lang="en">');
    expect(text).toContain('本页只有英文版');
  });

  test.each([
    '/en/nothing',
    '/fr/',
    '/en/../../package.json',
    '/en/connections/',
    '/en/README',
    '/files/python/../../x',
  ])('%s is not there, and there is a way back', async (path) => {
    const answer = await ask(guideWith(), path);
    expect(answer).toMatchObject({ kind: 'content', status: 404 });
    if (answer.kind === 'content') expect(answer.body).toContain('href="/guide/en/?deployment=plant00000"');
  });

  test('needs no CA file where the certificate is one that every system knows', async () => {
    const text = await bodyOf(guideWith({ ca: null }), '/en/');
    expect(text).toContain('trust store of their system');
    expect(text).not.toContain('href="/ca.crt"');
  });
});

test('a drawing of a page is shown, and nothing else of that folder', async () => {
  expect(await bodyOf(guideWith(), '/en/reference/performance')).toMatch(
    /<img src="\/guide\/images\/[\w/-]+\.svg" alt="/,
  );
  const drawing = await ask(guideWith(), '/images/performance/mosquitto.svg');
  expect(drawing).toMatchObject({ status: 200, headers: { 'Content-Type': 'image/svg+xml; charset=utf-8' } });
  for (const path of ['/images/berth.png', '/images/../guide/README.md', '/images/performance/no.svg'])
    expect(await ask(guideWith(), path)).toMatchObject({ status: 404 });
});

describe('a sample', () => {
  test('is the file of the tests with the settings of the deployment, to see and to download', async () => {
    const answer = await ask(guideWith(), '/files/python/sample.py');
    if (answer.kind !== 'content') throw new Error('a file is no redirect');
    expect(answer.headers).toMatchObject({
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': 'attachment; filename="sample.py"',
    });
    expect(answer.body).toContain('HOST = "plant00000.mqtt.example.com"');
    expect(answer.body).toContain('TLS_PORT = 9883');
    expect(answer.body).toContain('PASSWORD = "your-password"');
    const source = new Library().read('examples/python/sample.py').split('\n');
    const changed = answer.body.split('\n').filter((line, index) => line !== source[index]);
    expect(changed.map((line) => line.replace(/ =.*/, ''))).toEqual(['HOST', 'TLS_PORT', 'WSS_PORT']);
    expect(await bodyOf(guideWith(), '/en/samples/python')).toContain(Bun.escapeHTML(changed[0] ?? 'nothing'));
  });

  test('of a board carries the CA, and the address rather than localhost', async () => {
    const local = guideWith({ localAddress: 'localhost' });
    const sketch = await bodyOf(local, '/files/esp32-arduino/esp32-arduino.ino');
    expect(sketch).toContain('AAAA');
    expect(sketch).toContain('"plant00000.mqtt.example.com"');
    expect(await bodyOf(local, '/files/go/sample.go')).toContain('"localhost"');
    expect(await bodyOf(local, '/files/java/Sample.java')).toContain('"plant00000.mqtt.example.com"');
  });

  test('says what it was tested with, and how to run it', async () => {
    expect(await bodyOf(guideWith(), '/en/samples/go')).toContain('run this file against the service.');
    expect(await bodyOf(guideWith(), '/en/samples/go')).toContain('<code>go run .</code>');
    expect(await bodyOf(guideWith(), '/en/samples/esp8266')).toContain('it was not run on a board');
    expect(await bodyOf(guideWith(), '/zh-CN/samples/swift')).toContain('没有经过编译器，也没有运行过');
  });

  test('has all files that it needs', async () => {
    const text = await bodyOf(guideWith(), '/en/samples/esp32-idf');
    for (const file of ['main/main.c', 'main/CMakeLists.txt', 'CMakeLists.txt']) {
      expect(text).toContain(`href="/guide/files/esp32-idf/${file}?deployment=plant00000"`);
      expect(await ask(guideWith(), `/files/esp32-idf/${file}`)).toMatchObject({ status: 200 });
    }
  });
});

test('what a reader gives is never markup', async () => {
  const given = `"><script>alert(1)</script>`;
  const known = new Guide({
    library: new Library(),
    values: ({ deployment }) => Promise.resolve(deployment === null ? { ...values, chosen: null } : null),
  });
  const answer = await known.answer({
    path: '/en/connections',
    deployment: given,
    origin: values.origin,
    acceptLanguage: null,
  });
  if (answer.kind !== 'content') throw new Error('it is a redirect');
  expect(answer.status).toBe(404);
  expect(answer.body).not.toContain('<script>alert');
  expect(answer.body).toContain('&lt;script&gt;alert(1)');
  expect(answer.body).not.toContain(values.address ?? '');
});
