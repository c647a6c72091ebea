import { afterAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Service } from '../../testkit/service.ts';

const service = await Service.start({ args: ['--san', 'mqtt.example.com'] });
const { ready, password } = service;
const base = `http://localhost:${ready.http}`;
const plant = await service.berthJson<{ id: string; address: string }>('deployment', 'create', 'plant');
const fingerprint = (await service.berth('ca', '--fingerprint')).stdout.trim();
const adminToken = readFileSync(join(service.dataDirectory, 'admin-token'), 'utf8').trim();

afterAll(() => service[Symbol.asyncDispose]());

interface Visited {
  readonly path: string;
  readonly response: Response;
  readonly text: string;
}

async function get(path: string, headers: Record<string, string> = {}): Promise<Visited> {
  const response = await fetch(base + path, { headers, redirect: 'manual' });
  return { path, response, text: await response.text() };
}

function linksOf(text: string): string[] {
  return [...text.matchAll(/<(?:a|link|img)\b[^>]*?\b(?:href|src)="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&').replaceAll('&#x27;', "'").replaceAll('&#39;', "'"),
  );
}

/** Everything that can be reached from an address, by its path. */
async function crawl(start: string): Promise<ReadonlyMap<string, Visited>> {
  const seen = new Map<string, Visited>();
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    const visited = await get(path);
    seen.set(path, visited);
    if (!(visited.response.headers.get('content-type') ?? '').startsWith('text/html')) continue;
    for (const href of linksOf(visited.text)) {
      if (href.startsWith('https:') || href.startsWith('#')) continue;
      waiting.push(new URL(href, base + path).href.slice(base.length).replace(/#.*$/, ''));
    }
  }
  return seen;
}

const start = `/guide/en/?deployment=${plant.id}`;
const visited = await crawl(start);
const htmlPages = [...visited.values()].filter(({ text }) => text.startsWith('<!doctype html>'));

describe('every page', () => {
  test('is there, whatever link leads to it', () => {
    const bad = [...visited.values()].filter(({ response }) => response.status !== 200).map(({ path }) => path);
    expect(bad).toEqual([]);
    for (const language of ['en', 'zh-CN']) {
      const prefix = `/guide/${language}/`;
      expect(htmlPages.filter(({ path }) => path.startsWith(prefix)).length).toBeGreaterThan(20);
    }
    expect([...visited.keys()].filter((path) => path.startsWith('/guide/files/')).length).toBeGreaterThan(10);
  });

  test('has the heading that a link names', () => {
    for (const { path, text } of htmlPages) {
      for (const href of linksOf(text).filter((link) => link.includes('#'))) {
        const url = new URL(href, base + path);
        const target = visited.get(url.pathname + url.search);
        expect({
          from: path,
          href,
          there: target?.text.includes(` id="${decodeURIComponent(url.hash.slice(1))}"`),
        }).toEqual({
          from: path,
          href,
          there: true,
        });
      }
    }
  });

  test('loads nothing from anywhere, and links out to one site only', () => {
    for (const { text } of htmlPages) {
      const rest = text.replaceAll(/<img src="\/guide\/images\/[\w./-]+" alt="[^"]+">/g, '');
      expect(/\bsrc=|url\(|@import|<(?:iframe|object|embed|img|base)\b|\son\w+=|\sstyle=/.exec(rest)).toBeNull();
      for (const href of linksOf(text).filter((link) => /^[a-z]+:/.test(link))) expect(href).toBe('https://mqttx.app');
    }
  });

  test('runs and shows only what its policy names by hash', () => {
    for (const { response, text } of htmlPages) {
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      for (const [tag, directive] of [
        ['style', 'style-src'],
        ['script', 'script-src'],
      ] as const) {
        const found = [...text.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))];
        expect(found).toHaveLength(1);
        const hash = createHash('sha256')
          .update(found[0]?.[1] ?? '')
          .digest('base64');
        expect(policy).toContain(`${directive} 'sha256-${hash}'`);
      }
    }
  });

  test('is written for a reader: language, title, one first heading, landmarks, and a way past the menu', () => {
    for (const { path, text } of htmlPages) {
      const language = path.split('/')[2];
      expect(text).toContain(`<html lang="${language}">`);
      expect(text.match(/<h1\b/g)).toHaveLength(1);
      for (const part of [
        '<title>',
        'name="viewport"',
        '<main id="content"',
        '<nav class="contents"',
        'href="#content"',
      ])
        expect(text).toContain(part);
    }
  });

  test('carries no secret and nothing of another deployment', () => {
    for (const { text } of visited.values()) {
      for (const secret of [password, adminToken, ready.deployment.id]) expect(text).not.toContain(secret);
    }
  });

  test('has the values of the deployment in the place of what stands for them', () => {
    for (const page of ['connections', 'addresses', 'troubleshooting', 'mqttx', 'faults']) {
      const { text = '' } = visited.get(`/guide/en/${page}?deployment=${plant.id}`) ?? {};
      const read = text.replaceAll(/<[^>]*>/g, '');
      expect(text).toContain(plant.address);
      expect(text).toContain(fingerprint);
      expect(text).toContain(String(ready.mqtts));
      expect(/\bADDRESS\b|\b8883\b/.exec(read)?.[0]).toBeUndefined();
    }
  });
});

describe('without an address', () => {
  test('a reader on this machine gets the first deployment as localhost', async () => {
    const { text } = await get('/guide/en/');
    expect(text).toContain(ready.address);
    expect(text).toContain(`mosquitto_sub -h localhost -p ${ready.mqtts} `);
  });

  test('a reader from elsewhere learns of no deployment, and is asked for the address', async () => {
    const { text, response } = await get('/guide/en/', { host: 'mqtt.example.com' });
    expect(response.status).toBe(200);
    for (const id of [ready.deployment.id, plant.id]) expect(text).not.toContain(id);
    expect(text).toContain('mosquitto_sub -h ADDRESS ');
    expect(text).toContain('<form action="/guide/en/" method="get">');
    expect(text).toContain(fingerprint);
  });

  test('a name is no address: it could be guessed', async () => {
    const { text, response } = await get('/guide/zh-CN/connections?deployment=plant');
    expect(response.status).toBe(404);
    expect(text).not.toContain(plant.id);
    expect(text).toContain('没有这个部署');
  });
});

describe('HTTP', () => {
  test('the beginning is in the language of the reader', async () => {
    const { response } = await get('/guide', { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/guide/zh-CN/');
    expect(response.headers.get('vary')).toContain('Accept-Language');
    expect((await get('/')).response.headers.get('location')).toBe('/guide');
    expect((await get('/guide/')).response.headers.get('location')).toBe('/guide/en/');
  });

  test('what has not changed is not sent again', async () => {
    const first = await get('/guide/en/connections');
    const etag = first.response.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(first.response.headers.get('cache-control')).toBe('no-cache');
    const again = await get('/guide/en/connections', { 'if-none-match': etag });
    expect(again.response.status).toBe(304);
    expect(again.text).toBe('');
    expect((await get('/guide/zh-CN/connections')).response.headers.get('etag')).not.toBe(etag);
  });

  test('HEAD says the same as GET, without the page', async () => {
    const response = await fetch(`${base}/guide/en/faults`, { method: 'HEAD' });
    const { response: full } = await get('/guide/en/faults');
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe(full.headers.get('etag'));
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toBe('');
  });

  test('a page that is not there leads back', async () => {
    const { response, text } = await get('/guide/zh-CN/nothing');
    expect(response.status).toBe(404);
    expect(text).toContain('没有这个页面');
    expect(linksOf(text)).toContain('/guide/zh-CN/');
    expect((await get('/guide/zh-CN/%2e%2e%2f%2e%2e%2fpackage.json')).response.status).toBe(404);
  });

  test('it can only be read', async () => {
    const response = await fetch(`${base}/guide/en/`, { method: 'POST' });
    expect(response.status).toBe(404);
  });
});
