import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aliveEveryMs, AliveFile } from './alive-file.ts';
import { DataDirectory } from './config/data-directory.ts';

let path: string;
let directory: DataDirectory;
let uptime: number;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'berth-alive-'));
  directory = DataDirectory.open(path);
  uptime = 7.5;
});

afterEach(() => {
  directory[Symbol.dispose]();
  rmSync(path, { recursive: true, force: true });
});

const [day, hour] = [86_400_000, 3_600_000];

/** As the service does when it starts. */
const start = () => new AliveFile(directory, () => uptime);

test('what was noted last counts, and the two times until the next note', async () => {
  const before = start();
  await before.note(20_000 * day);
  await before.note(20_001 * day);
  expect(start().ranUntil(20_002 * day)).toBe(20_001 * day + 2 * aliveEveryMs);
  expect(statSync(directory.file('alive')).mode & 0o777).toBe(0o600);
});

test('a clock that is behind: until when the service ran is as it was noted, and so it stays when it is killed again', async () => {
  await start().note(20_001 * day);
  for (const ran of [0, 60_000, 120_000]) {
    const again = start();
    expect(again.ranUntil(3 * day)).toBe(20_001 * day + ran + 2 * aliveEveryMs);
    uptime += 60_000.7;
    await again.note(3 * day + 60_000);
  }
});

test('a clock that is behind and is set: what it says then is noted', async () => {
  await start().note(20_001 * day);
  const again = start();
  await again.note(3 * day);
  uptime += 60_000;
  await again.note(20_002 * day);
  expect(start().ranUntil(20_002 * day)).toBe(20_002 * day + 2 * aliveEveryMs);
});

test('a clock that was ahead before, or that nobody sets: after an hour it is believed', async () => {
  await start().note(30_000 * day);
  const again = start();
  uptime += hour - 1;
  await again.note(20_000 * day);
  expect(start().ranUntil(20_000 * day)).toBeGreaterThan(30_000 * day);
  uptime += 1;
  await again.note(20_000 * day);
  expect(start().ranUntil(20_000 * day)).toBe(20_000 * day + 2 * aliveEveryMs);
});

test('a folder in the place of a disk that is away stays empty, and what was noted goes on when it is back', async () => {
  const file = start();
  await file.note(20_000 * day);
  renameSync(path, `${path}.away`);
  mkdirSync(path);
  expect(String(await file.note(20_001 * day).catch((error: unknown) => error))).toContain('ENOENT');
  expect(readdirSync(path)).toEqual([]);
  rmdirSync(path);
  renameSync(`${path}.away`, path);
  await file.note(20_002 * day);
  expect(start().ranUntil(20_003 * day)).toBe(20_002 * day + 2 * aliveEveryMs);
});

test('where nothing is known, everybody was here until now', () => {
  expect(start().ranUntil(5 * day)).toBe(5 * day);
  writeFileSync(directory.file('alive'), 'half a no');
  expect(start().ranUntil(5 * day)).toBe(5 * day);
});
