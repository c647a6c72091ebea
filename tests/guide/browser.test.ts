import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { eventually } from '../../testkit/deadline.ts';
import { Service } from '../../testkit/service.ts';

const phone = { width: 360, height: 740 };
const desktop = { width: 1280, height: 800 };
const testMs = 60_000;
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const paths = [
  '/guide/en/',
  '/guide/en/connections',
  '/guide/en/addresses',
  '/guide/en/ca-file',
  '/guide/en/troubleshooting',
  '/guide/en/mqttx',
  '/guide/en/faults',
  '/guide/en/support',
  '/guide/en/samples',
  '/guide/en/samples/java',
  '/guide/en/reference/limits',
  '/guide/en/reference/performance',
  '/guide/zh-CN/reference/doctor',
  '/guide/zh-CN/',
  '/guide/zh-CN/troubleshooting',
  '/guide/zh-CN/faults',
  '/guide/zh-CN/samples/esp32-arduino',
  '/guide/zh-CN/nothing',
];

const executablePath =
  ['chromium', 'chromium-browser', 'google-chrome'].map((name) => Bun.which(name)).find((path) => path !== null) ??
  '/usr/bin/chromium';
const service = await Service.start();
const base = `http://localhost:${service.ready.http}`;
const profile = mkdtempSync(join(tmpdir(), 'berth-browser-'));
let context: BrowserContext;
let page: Page;
/** What the browser complains of: a blocked script, a missing file. */
const complaints: string[] = [];
/** Requests to anybody else. */
const strangers: string[] = [];

beforeAll(async () => {
  context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: flags,
    viewport: desktop,
    locale: 'en-GB',
  });
  page = await context.newPage();
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(error.message));
  page.on('request', (request) => void (request.url().startsWith(base) || strangers.push(request.url())));
}, testMs);

afterAll(async () => {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
  await service[Symbol.asyncDispose]();
});

async function open(path: string, size = desktop): Promise<void> {
  await page.setViewportSize(size);
  await page.goto(base + path);
}

/** What is focused now: its text, or what it is. */
function focused(): Promise<string> {
  return page.evaluate(`document.activeElement.textContent.trim() || document.activeElement.tagName`);
}

describe('on a phone', () => {
  test(
    'no page has to be moved sideways, and what is touched is large enough',
    async () => {
      for (const path of paths) {
        await open(path, phone);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        expect({ path, width }).toEqual({ path, width: phone.width });
        expect(await page.locator('h1').isVisible()).toBe(true);
      }
      const menu = await page.locator('.contents summary').boundingBox();
      expect(menu?.height).toBeGreaterThanOrEqual(24);
    },
    testMs,
  );

  test(
    'the contents open and lead on',
    async () => {
      await open('/guide/en/', phone);
      const link = page.locator('.contents a', { hasText: 'Troubleshooting' });
      expect(await link.isVisible()).toBe(false);
      await page.locator('.contents summary').click();
      await link.click();
      await page.waitForURL('**/guide/en/troubleshooting');
      expect(await page.locator('.contents [aria-current=page]').textContent()).toBe('Troubleshooting');
    },
    testMs,
  );
});

describe('with the keyboard', () => {
  test(
    'the first key goes to the content, past the menu',
    async () => {
      await open('/guide/en/connections');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('Skip to content');
      const skip = await page.locator('.skip').boundingBox();
      expect(skip?.y).toBeGreaterThanOrEqual(0);
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('content');
    },
    testMs,
  );

  test(
    'everything is reached in the order in which it is read, and shows that it is',
    async () => {
      await open('/guide/en/connections');
      const order: string[] = [];
      for (let count = 0; count < 8; count += 1) {
        await page.keyboard.press('Tab');
        order.push(await focused());
        const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
        expect(outline).toBe('solid');
      }
      expect(order.slice(0, 5)).toEqual([
        'Skip to content',
        'Berth Connection guide',
        '简体中文',
        'TCP and WebSocket',
        'Address, port and SNI',
      ]);
    },
    testMs,
  );

  test(
    'a wide table is scrolled by keys',
    async () => {
      await open('/guide/en/faults', phone);
      const table = page.locator('.table').nth(1);
      await table.focus();
      await page.keyboard.press('ArrowRight');
      await eventually('a table that has moved', 10_000, async () =>
        (await page.evaluate(`document.querySelectorAll('.table')[1].scrollLeft > 0`)) === true ? true : null,
      );
    },
    testMs,
  );
});

test(
  'the language is switched on the same page, and the deployment is kept',
  async () => {
    const id = service.ready.deployment.id;
    await open(`/guide/en/faults?deployment=${id}`);
    await page.locator('header .switch').click();
    await page.waitForURL(`**/guide/zh-CN/faults?deployment=${id}`);
    expect(await page.locator('h1').textContent()).toBe('错误编号');
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    await page.locator('header .switch').click();
    await page.waitForURL(`**/guide/en/faults?deployment=${id}`);
  },
  testMs,
);

test(
  'a button copies the code of its block',
  async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base });
    await open('/guide/en/');
    await page.locator('.copy').first().click();
    await page.locator('.copy', { hasText: 'Copied' }).waitFor();
    const text = await page.evaluate('navigator.clipboard.readText()');
    expect(text).toContain(`mosquitto_sub -h localhost -p ${service.ready.mqtts} `);
    expect(text).toBe(await page.locator('.code code').first().textContent());
  },
  testMs,
);

test(
  'another deployment is chosen by its address',
  async () => {
    const plant = await service.berthJson<{ id: string; address: string }>('deployment', 'create', 'plant');
    await open('/guide/en/addresses');
    await page.locator('.box > summary').click();
    await page.locator('.box details summary').click();
    await page.locator('#deployment').fill(`mqtts://${plant.address}:8883`);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/guide/en/addresses?deployment=*');
    expect(await page.locator('article').textContent()).toContain(`mqtts://${plant.address}:${service.ready.mqtts}`);
    await page.locator('.contents a', { hasText: 'CA file' }).click();
    await page.waitForURL(`**/guide/en/ca-file?deployment=${plant.id}`);
  },
  testMs,
);

test(
  'dark and light follow the system, with text that can be read',
  async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await open('/guide/en/connections');
      const [text, background] = (await page.evaluate(
        `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`,
      )) as [string, string];
      expect(contrast(text, background)).toBeGreaterThan(7);
      expect(luminance(background) > 0.5).toBe(colorScheme === 'light');
    }
    await page.emulateMedia({ colorScheme: 'light' });
  },
  testMs,
);

test(
  'it works without scripts',
  async () => {
    const browser = await chromium.launch({ executablePath, args: flags });
    try {
      const bare = await browser.newPage({ javaScriptEnabled: false, viewport: phone });
      await bare.goto(`${base}/guide/en/`);
      expect(await bare.locator('.copy').count()).toBe(0);
      await bare.locator('.contents summary').click();
      await bare.locator('.contents a', { hasText: 'CA file' }).click();
      await bare.waitForURL('**/guide/en/ca-file');
    } finally {
      await browser.close();
    }
  },
  testMs,
);

test('the browser complained of nothing but the one page that is not there, and asked nobody else', () => {
  expect(complaints).toHaveLength(1);
  expect(complaints[0]).toContain('404');
  expect(strangers).toEqual([]);
});

/** Relative luminance of `rgb(r, g, b)` (WCAG 2.2). */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((value) => {
    const part = Number(value) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}
