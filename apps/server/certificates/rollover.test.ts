import { beforeAll, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { type Certificates, ensureCertificates } from './ensure.ts';
import { Crash, MemoryFiles } from './memory-files.ts';
import { certificateBlocks, isKeyOf } from './pem.ts';
import { cancelRollover, finishRollover, planRollover } from './rollover-requests.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 15, 12);
const switchAt = start + 30 * dayMs;

const ensure = (files: MemoryFiles, now: number) =>
  ensureCertificates(files, { domain: 'berth.localhost', san: [], now });

/** Files of an installation, planned for a switch and switched. Made once; tests work on copies. */
let fresh: MemoryFiles;
let planned: MemoryFiles;
let switched: MemoryFiles;

const copy = (files: MemoryFiles) => new MemoryFiles(files.content);
const roots = (certificates: Certificates) =>
  certificateBlocks(certificates.ca.cert).map((pem) => new X509Certificate(pem));
const leaf = (certificates: Certificates) => new X509Certificate(certificates.server.cert);

/** What every state has to be: a server certificate with its key that some root of the CA file signed, and both keys there. */
function expectWorking(files: MemoryFiles, certificates: Certificates): void {
  expect(certificates.ca.cert).toBe(files.read('ca.crt') ?? '');
  expect(isKeyOf(leaf(certificates), certificates.server.key)).toBe(true);
  expect(roots(certificates).some((root) => leaf(certificates).verify(root.publicKey))).toBe(true);
  expect(roots(certificates)).toHaveLength(certificates.rollover === null ? 1 : 2);
  const [first, second] = roots(certificates);
  expect(first !== undefined && isKeyOf(first, files.read('ca.key') ?? '')).toBe(true);
  if (second === undefined)
    expect([...files.content.keys()].toSorted()).toEqual(['ca.crt', 'ca.key', 'server.crt', 'server.key']);
  else expect(isKeyOf(second, files.read('ca-next.key') ?? '')).toBe(true);
}

beforeAll(async () => {
  fresh = new MemoryFiles();
  await ensure(fresh, start);
  planned = copy(fresh);
  expect(await planRollover(planned, null, start)).toBeNull();
  await ensure(planned, start);
  switched = copy(planned);
  await ensure(switched, switchAt);
});

describe('a rollover', () => {
  test('the CA file carries the old root and then the new one at once; the old one signs', async () => {
    const certificates = await ensure(planned, start + dayMs);
    const [old, next] = roots(certificates);
    expect(old?.toString()).toBe(new X509Certificate(fresh.read('ca.crt') ?? '').toString());
    expect(next?.subject).not.toBe(old?.subject);
    expect(certificates.server.cert).toBe(fresh.read('server.crt') ?? '');
    expect(certificates.rollover).toMatchObject({ phase: 'planned', switchAt, switchedAt: null });
    expectWorking(planned, certificates);
  });

  test('at the given time, and not before, the new root signs; the CA file stays', async () => {
    const files = copy(planned);
    expect((await ensure(files, switchAt - 1)).issued).toBe(false);
    const certificates = await ensure(files, switchAt);
    expect(certificates.issued).toBe(true);
    expect(leaf(certificates).verify((roots(certificates)[1] as X509Certificate).publicKey)).toBe(true);
    expect(certificates.ca.cert).toBe(planned.read('ca.crt') ?? '');
    expect(certificates.rollover).toMatchObject({ phase: 'switched', switchedAt: switchAt });
    expectWorking(files, certificates);
  });

  test('a clock that is set back does not undo the switch', async () => {
    const certificates = await ensure(copy(switched), switchAt - dayMs / 2);
    expect([certificates.issued, certificates.rollover?.phase]).toEqual([false, 'switched']);
  });

  test('--finish leaves the new root alone, with its key in the place of the old one', async () => {
    const files = copy(switched);
    const before = await ensure(files, switchAt);
    expect(finishRollover(files, switchAt)).toBeNull();
    const after = await ensure(files, switchAt);
    expect([after.issued, after.rollover, after.server.cert]).toEqual([false, null, before.server.cert]);
    expect(after.ca.cert).toBe(roots(before)[1]?.toString() ?? '');
    expectWorking(files, after);
  });

  test('the old root leaves by itself when it ends', async () => {
    const files = copy(switched);
    const end = Date.parse(new X509Certificate(files.read('ca.crt') ?? '').validTo);
    expect((await ensure(files, end - 1)).rollover?.phase).toBe('switched');
    const after = await ensure(files, end);
    expect(after.rollover).toBeNull();
    expectWorking(files, after);
  });

  test.each(['planned', 'switched'])('--cancel when %s goes back to the old root alone', async (phase) => {
    const [files, now] = phase === 'planned' ? [copy(planned), start + dayMs] : [copy(switched), switchAt + dayMs];
    expect(cancelRollover(files, now)).toBeNull();
    const after = await ensure(files, now);
    expect(after.issued).toBe(phase === 'switched');
    expect(after.ca.cert).toBe(fresh.read('ca.crt') ?? '');
    expectWorking(files, after);
  });

  test('the time of the switch can be moved, and stays where none is given', async () => {
    const files = copy(planned);
    expect(await planRollover(files, start + 5 * dayMs, start + dayMs)).toBeNull();
    expect(await planRollover(files, null, start + 2 * dayMs)).toBeNull();
    const certificates = await ensure(files, start + 2 * dayMs);
    expect(certificates.rollover?.switchAt).toBe(start + 5 * dayMs);
    expect(certificates.ca.cert).toBe(planned.read('ca.crt') ?? '');
  });

  test('"now" switches at once', async () => {
    const files = copy(fresh);
    expect(await planRollover(files, 'now', start)).toBeNull();
    expect((await ensure(files, start)).rollover?.phase).toBe('switched');
  });

  test('what cannot be done now is refused, and changes nothing', async () => {
    const refusals: [MemoryFiles, (files: MemoryFiles) => unknown, string][] = [
      [fresh, (files) => cancelRollover(files, start), 'rollover.none'],
      [fresh, (files) => finishRollover(files, start), 'rollover.none'],
      [fresh, (files) => planRollover(files, start - dayMs, start), 'rollover.past'],
      [fresh, (files) => planRollover(files, start + 4000 * dayMs, start), 'rollover.too-late'],
      [planned, (files) => finishRollover(files, start), 'rollover.planned'],
      [switched, (files) => planRollover(files, null, switchAt), 'rollover.switched'],
    ];
    for (const [state, change, code] of refusals) {
      const files = copy(state);
      expect(await change(files)).toMatchObject({ ok: false, code });
      expect(files.content).toEqual(state.content);
    }
  });

  test('a lost or foreign key of the second root, and a damaged state, are said and not repaired by guesses', async () => {
    for (const [name, content] of [
      ['ca-next.key', null],
      ['ca-next.key', fresh.read('server.key')],
      ['rollover.json', '{"phase":'],
      ['rollover.json', '{"phase":"planned","switchAt":1,"switchedAt":null}'],
    ] as const) {
      const files = copy(planned);
      if (content === null) files.content.delete(name);
      else files.content.set(name, content);
      const before = new Map(files.content);
      await expect(ensure(files, start)).rejects.toThrow(name);
      expect(files.content).toEqual(before);
    }
  });
});

/** Each operation with the state from which it starts, the time, and the phase that it leads to. */
const operations: readonly [string, () => MemoryFiles, number, (files: MemoryFiles) => unknown, string | null][] = [
  ['begin', () => fresh, start, (files) => planRollover(files, null, start), 'planned'],
  ['begin with the switch at once', () => fresh, start, (files) => planRollover(files, 'now', start), 'switched'],
  ['move', () => planned, start, (files) => planRollover(files, start + dayMs, start), 'planned'],
  ['switch', () => planned, switchAt, () => null, 'switched'],
  ['finish', () => switched, switchAt, (files) => finishRollover(files, switchAt), null],
  ['cancel before the switch', () => planned, start, (files) => cancelRollover(files, start), null],
  ['cancel after the switch', () => switched, switchAt, (files) => cancelRollover(files, switchAt), null],
];

/** Runs the work until it ends or the process dies after so many changes. @returns whether it ended. */
async function survives(files: MemoryFiles, changes: number, work: () => Promise<unknown>): Promise<boolean> {
  files.changesLeft = changes;
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return false;
  } finally {
    files.changesLeft = Number.POSITIVE_INFINITY;
  }
}

describe('a crash before any change of a file leaves a state that works', () => {
  test.each(operations)('%s', async (_name, from, now, operation, phase) => {
    const work = async (files: MemoryFiles) => {
      await operation(files);
      return ensure(files, now);
    };
    for (let changes = 0; ; changes += 1) {
      const files = copy(from());
      if (await survives(files, changes, () => work(files))) {
        // The shortest of them writes one file; none may be free of charge.
        expect(changes).toBeGreaterThan(0);
        break;
      }
      // The next start may die as well, again and again.
      for (let more = 0; !(await survives(files, more, () => ensure(files, now))); more += 1) {
        expect(more).toBeLessThan(20);
      }
      expectWorking(files, await ensure(files, now));
      // Said again, the operation is done or is known to be done.
      await operation(files);
      const after = await ensure(files, now);
      expect(after.rollover?.phase ?? null).toBe(phase as never);
      expectWorking(files, after);
    }
  });
});
