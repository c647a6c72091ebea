import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootError } from './boot-error.ts';
import { DataDirectory } from './data-directory.ts';
import { openSecrets } from './secrets.ts';

let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-data-'));
  path = join(root, 'data');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const modeOf = (file: string) => statSync(file).mode & 0o777;

function refusal(): BootError {
  try {
    DataDirectory.open(path)[Symbol.dispose]();
  } catch (error) {
    if (error instanceof BootError) return error;
    throw error;
  }
  throw new Error('the directory was opened');
}

/** Everything in the directory with its content, to see that nothing was touched. */
const snapshot = () => readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]);

describe('DataDirectory', () => {
  test.each([0o000, 0o022, 0o477])('makes a directory 0700 with files 0600 under umask %o', (umask) => {
    const before = process.umask(umask);
    try {
      using directory = DataDirectory.open(path);
      directory.write('secret', 'x');
      directory.reserve('database');
      openSecrets(directory);
      expect(modeOf(directory.path)).toBe(0o700);
      for (const name of readdirSync(directory.path))
        expect([name, modeOf(directory.file(name))]).toEqual([name, 0o600]);
    } finally {
      process.umask(before);
    }
  });

  test('opens again after it was closed, with what was written', () => {
    {
      using directory = DataDirectory.open(path);
      directory.write('note', 'first');
      directory.write('note', 'second');
    }
    using directory = DataDirectory.open(path);
    expect(directory.read('note')).toBe('second');
    expect(directory.read('none')).toBeNull();
    expect(directory.warnings).toEqual([]);
  });

  test('reserve keeps what is there', () => {
    using directory = DataDirectory.open(path);
    directory.write('database', 'rows');
    directory.reserve('database');
    expect(directory.read('database')).toBe('rows');
  });

  test('a newer format is refused and nothing changes', () => {
    mkdirSync(path);
    writeFileSync(join(path, 'format.json'), '{"format": 2, "more": true}');
    const before = snapshot();
    expect(refusal().message).toContain('made by a newer Berth (format 2; this one knows 1)');
    expect(snapshot()).toEqual(before);
  });

  test.each(['', '{', '{"format":"1"}', '{"format":0}', 'null'])('a damaged format file (%s) is refused', (text) => {
    mkdirSync(path);
    writeFileSync(join(path, 'format.json'), text);
    expect(refusal().message).toContain('damaged');
    expect(snapshot()).toEqual([['format.json', text]]);
  });

  test('a directory with other files is refused and keeps its permissions', () => {
    mkdirSync(path);
    chmodSync(path, 0o755);
    writeFileSync(join(path, 'thesis.txt'), 'mine');
    chmodSync(join(path, 'thesis.txt'), 0o644);
    expect(refusal().message).toContain('thesis.txt');
    expect([modeOf(path), modeOf(join(path, 'thesis.txt'))]).toEqual([0o755, 0o644]);
    expect(snapshot()).toEqual([['thesis.txt', 'mine']]);
  });

  test('an empty directory and the root of a fresh volume are taken', () => {
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    using directory = DataDirectory.open(path);
    expect(modeOf(directory.path)).toBe(0o700);
  });

  test('a file in the place of the directory, or on the way to it, is refused', () => {
    writeFileSync(path, '');
    expect(refusal().message).toContain('in the way');
    path = join(path, 'below');
    expect(refusal().message).toContain('not a directory');
  });

  test('permissions that others could use are taken back, with a warning', () => {
    DataDirectory.open(path)[Symbol.dispose]();
    writeFileSync(join(path, 'ca.key'), 'x');
    chmodSync(join(path, 'ca.key'), 0o644);
    using directory = DataDirectory.open(path);
    expect(modeOf(directory.file('ca.key'))).toBe(0o600);
    expect(directory.warnings).toHaveLength(1);
    expect(directory.warnings[0]).toContain('ca.key');
  });

  test('what a crash left half-written is removed', () => {
    DataDirectory.open(path)[Symbol.dispose]();
    const left = join(path, '.ca.key.0123456789ab.tmp');
    writeFileSync(left, 'ha');
    using _directory = DataDirectory.open(path);
    expect(existsSync(left)).toBe(false);
  });

  test('a second one in the same process is refused, and the first keeps its lock', async () => {
    using _first = DataDirectory.open(path);
    expect(refusal().message).toContain(`in use by another Berth (process ${process.pid})`);
    expect(refusal().remedy).toContain('--data');
    await using child = Bun.spawn([process.execPath, join(import.meta.dir, 'fixtures/hold-directory.ts'), path], {
      stdout: 'pipe',
    });
    expect(await new Response(child.stdout).text()).toContain(`(process ${process.pid})`);
  });

  test('the lock ends with its process, however it ends', async () => {
    await using child = Bun.spawn([process.execPath, join(import.meta.dir, 'fixtures/hold-directory.ts'), path], {
      stdout: 'pipe',
    });
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('held\n');
    expect(refusal().message).toContain(`(process ${child.pid})`);
    child.kill('SIGKILL');
    await child.exited;
    using directory = DataDirectory.open(path);
    expect(directory.warnings).toEqual([]);
  });
});

describe('openSecrets', () => {
  test('makes a pepper and a token of 256 bits at the first start and keeps them', () => {
    using directory = DataDirectory.open(path);
    const first = openSecrets(directory);
    expect(first.pepper.keys.get(first.pepper.current)).toHaveLength(32);
    expect(Buffer.from(first.adminToken, 'base64url')).toHaveLength(32);
    expect(openSecrets(directory)).toEqual(first);
  });

  test('reads a pepper with several keys', () => {
    using directory = DataDirectory.open(path);
    openSecrets(directory);
    directory.write('pepper.json', '{"current":"b","keys":{"a":"AAAA","b":"BBBB"}}');
    const { pepper } = openSecrets(directory);
    expect([pepper.current, [...pepper.keys.keys()]]).toEqual(['b', ['a', 'b']]);
  });

  test.each(['', '{"current":"2","keys":{"1":"AAAA"}}', '{"current":"1","keys":{"1":"!"}}'])(
    'a damaged pepper (%s) is not replaced',
    (text) => {
      using directory = DataDirectory.open(path);
      directory.write('pepper.json', text);
      expect(() => openSecrets(directory)).toThrow(BootError);
      expect(directory.read('pepper.json')).toBe(text);
    },
  );

  test('a lost pepper is not replaced: every password would turn wrong', () => {
    using directory = DataDirectory.open(path);
    openSecrets(directory);
    rmSync(directory.file('pepper.json'));
    expect(() => openSecrets(directory)).toThrow('missing');
    expect(directory.read('pepper.json')).toBeNull();
  });

  test('a damaged admin token is refused', () => {
    using directory = DataDirectory.open(path);
    openSecrets(directory);
    directory.write('admin-token', 'short\n');
    expect(() => openSecrets(directory)).toThrow('admin-token is damaged');
  });
});
