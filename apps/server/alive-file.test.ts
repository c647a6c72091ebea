import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aliveEveryMs, noteAlive, ranUntil } from './alive-file.ts';
import { DataDirectory } from './config/data-directory.ts';

let path: string;
let directory: DataDirectory;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'berth-alive-'));
  directory = DataDirectory.open(path);
});

afterEach(() => {
  directory[Symbol.dispose]();
  rmSync(path, { recursive: true, force: true });
});

const day = 86_400_000;

test('what was noted last counts, and the two times until the next note', async () => {
  await noteAlive(directory, 20_000 * day);
  await noteAlive(directory, 20_001 * day);
  expect(ranUntil(directory, 20_002 * day)).toBe(20_001 * day + 2 * aliveEveryMs);
  expect(statSync(directory.file('alive')).mode & 0o777).toBe(0o600);
});

test('never later than now: the clock may have been set back', async () => {
  await noteAlive(directory, 20_001 * day);
  expect(ranUntil(directory, 20_000 * day)).toBe(20_000 * day);
});

test('where nothing is known, everybody was here until now', () => {
  expect(ranUntil(directory, 5 * day)).toBe(5 * day);
  writeFileSync(directory.file('alive'), 'half a no');
  expect(ranUntil(directory, 5 * day)).toBe(5 * day);
});
