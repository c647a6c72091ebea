import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveFile } from './save-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-save-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file is replaced as a whole and has the mode that is asked for, and nothing else is left', () => {
  const file = join(folder, 'users.csv');
  writeFileSync(file, 'the old content\n', { mode: 0o644 });
  // Another name of the same file shows whether it was written over.
  linkSync(file, join(folder, 'before'));
  saveFile(file, 'the new content\n', 0o600);
  expect(readFileSync(file, 'utf8')).toBe('the new content\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'before'), 'utf8')).toBe('the old content\n');
  saveFile(join(folder, 'new.crt'), 'new\n', 0o644);
  expect(statSync(join(folder, 'new.crt')).mode & 0o777).toBe(0o644);
  expect(readdirSync(folder).toSorted()).toEqual(['before', 'new.crt', 'users.csv']);
});

test('a link stays a link, and what it leads to is replaced', () => {
  const [target, link] = [join(folder, 'target'), join(folder, 'link')];
  mkdirSync(target);
  writeFileSync(join(target, 'ca.crt'), 'old\n');
  symlinkSync(join('target', 'ca.crt'), link);
  saveFile(link, 'new\n', 0o644);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(target, 'ca.crt'), 'utf8')).toBe('new\n');
  expect(readdirSync(target)).toEqual(['ca.crt']);
});

test('a pipe is written to', async () => {
  const pipe = join(folder, 'pipe');
  expect(Bun.spawnSync(['mkfifo', pipe]).exitCode).toBe(0);
  const reader = Bun.spawn(['cat', pipe], { stdout: 'pipe' });
  saveFile(pipe, 'through the pipe\n', 0o600);
  expect(await new Response(reader.stdout).text()).toBe('through the pipe\n');
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

test('a folder that is not there, and a folder in the place of the file, are refused', () => {
  expect(() => saveFile(join(folder, 'nowhere', 'file'), 'text', 0o600)).toThrow('ENOENT');
  expect(() => saveFile(folder, 'text', 0o600)).toThrow('EISDIR');
});
