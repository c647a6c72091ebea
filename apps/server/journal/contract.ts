/** What every journal promises; run by the tests of each. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { ServerJournal } from './port.ts';

const a = 'a' as DeploymentId;
const b = 'b' as DeploymentId;
const bytes = (text: string) => new TextEncoder().encode(text);

/** Resolves when the batch is durable. Takes `onDurable` and `onFailure` of the journal. */
export function durable(journal: ServerJournal, batch: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  journal.onDurable = (highest) => {
    if (highest >= batch) resolve();
  };
  journal.onFailure = reject;
  return promise;
}

/** Everything that the journal holds: `deployment/key` to text. */
export async function contentOf(journal: ServerJournal): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const { deployment, key, value } of journal.restore()) {
    content[`${deployment}/${key}`] = new TextDecoder().decode(value);
  }
  return content;
}

/** @param reopen opens what the last journal left behind, or nothing where it was the first. Closed after each test. */
export function describeJournal(name: string, prepare: () => void, reopen: () => Promise<ServerJournal>): void {
  describe(name, () => {
    let journal: ServerJournal;

    beforeEach(async () => {
      prepare();
      journal = await reopen();
    });
    afterEach(() => journal.close());

    const restart = async () => {
      await journal.close();
      journal = await reopen();
    };

    test('is empty at first', async () => {
      expect(await contentOf(journal)).toEqual({});
      expect(journal.queuedBytes).toBe(0);
      expect(journal.warnings).toEqual([]);
    });

    test('a flush without a change does nothing', () => {
      const batch = journal.openBatch;
      journal.flush();
      expect(journal.openBatch).toBe(batch);
    });

    test('what is durable was reported, or need not be waited for', async () => {
      const promised: number[] = [];
      const reported: number[] = [];
      journal.onDurable = (batch) => reported.push(batch);
      for (let turn = 0; turn < 100; turn++) {
        journal.put(a, `key ${turn}`, bytes('x'));
        journal.delete(b, `key ${turn}`);
        promised.push(journal.openBatch);
        journal.flush();
      }
      await journal.close();
      if (!journal.durable) return expect(new Set(promised)).toEqual(new Set([0]));
      expect(promised).toEqual([...new Set(promised)].toSorted((x, y) => x - y));
      expect(reported).toEqual([...new Set(reported)].toSorted((x, y) => x - y));
      expect(reported.at(-1)).toBe(promised.at(-1) as number);
      expect(journal.queuedBytes).toBe(0);
    });

    test('changes of one turn share a batch', async () => {
      const batch = journal.openBatch;
      journal.put(a, 'one', bytes('1'));
      journal.put(b, 'two', bytes('2'));
      expect(journal.openBatch).toBe(batch);
    });

    test('keeps the last change of each key, in one batch and over many', async () => {
      if (!journal.durable) return expect(await contentOf(journal)).toEqual({});
      journal.put(a, 'one batch', bytes('1'));
      journal.delete(a, 'one batch');
      journal.put(a, 'one batch', bytes('2'));
      journal.put(a, 'deleted', bytes('1'));
      journal.delete(a, 'deleted');
      for (const step of ['1', null, '2', null, '3']) {
        if (step === null) journal.delete(a, 'many');
        else journal.put(a, 'many', bytes(step));
        journal.flush();
      }
      journal.delete(a, 'never there');
      await restart();
      expect(await contentOf(journal)).toEqual({ 'a/one batch': '2', 'a/many': '3' });
    });

    test('keeps deployments apart, and any key and value as it is', async () => {
      if (!journal.durable) return expect(await contentOf(journal)).toEqual({});
      const records: [DeploymentId, string, string][] = [
        [a, 'same', 'of a'],
        [b, 'same', 'of b'],
        [a, 'with\u0000zero', 'x\u0000y'],
        [a, '温度/🌡', '值'],
        [a, '', ''],
        [b, 'k'.repeat(70_000), 'long key'],
      ];
      for (const [deployment, key, value] of records) journal.put(deployment, key, bytes(value));
      await restart();
      expect(await contentOf(journal)).toEqual(
        Object.fromEntries(records.map(([deployment, key, value]) => [`${deployment}/${key}`, value])),
      );
    });

    test('records of one deployment come together', async () => {
      if (!journal.durable) return expect(await contentOf(journal)).toEqual({});
      for (let turn = 0; turn < 20; turn++) {
        journal.put(turn % 2 === 0 ? a : b, `${turn}`, bytes('x'));
        journal.flush();
      }
      await restart();
      const order = (await Array.fromAsync(journal.restore())).map((record) => record.deployment);
      expect(order.join('')).toBe(`${'a'.repeat(10)}${'b'.repeat(10)}`);
    });

    test('forgets a deployment, and what is put afterwards stays', async () => {
      if (!journal.durable) return expect(await contentOf(journal)).toEqual({});
      journal.put(a, 'old', bytes('1'));
      journal.put(b, 'other', bytes('1'));
      await restart();
      journal.put(a, 'before', bytes('2'));
      journal.forget(a);
      journal.put(a, 'after', bytes('3'));
      await restart();
      expect(await contentOf(journal)).toEqual({ 'b/other': '1', 'a/after': '3' });
    });

    test('a value may be used again by its owner after the call', async () => {
      if (!journal.durable) return expect(await contentOf(journal)).toEqual({});
      const value = bytes('kept');
      journal.put(a, 'key', value);
      value.fill(0);
      await restart();
      expect(await contentOf(journal)).toEqual({ 'a/key': 'kept' });
    });

    test('keeps values of 5 MiB, and knows how much waits', async () => {
      if (!journal.durable) return expect(journal.queuedBytes).toBe(0);
      const large = crypto.getRandomValues(new Uint8Array(65_536));
      const value = new Uint8Array(5 * 1024 * 1024);
      for (let at = 0; at < value.length; at += large.length) value.set(large, at);
      const batch = journal.openBatch;
      const isDurable = durable(journal, batch);
      journal.put(a, 'large', value);
      expect(journal.queuedBytes).toBeGreaterThan(value.length);
      journal.flush();
      expect(journal.queuedBytes).toBeGreaterThan(value.length);
      await isDurable;
      expect(journal.queuedBytes).toBe(0);
      await restart();
      const records = await Array.fromAsync(journal.restore());
      expect(records.map((record) => record.key)).toEqual(['large']);
      expect(Buffer.compare(records[0]?.value ?? new Uint8Array(), value)).toBe(0);
    });

    test('ten thousand sessions come back', async () => {
      if (!journal.durable) return expect(await contentOf(journal)).toEqual({});
      for (let session = 0; session < 10_000; session++) {
        journal.put(a, `s\u0000client-${session}`, new Uint8Array(120));
        for (let filter = 0; filter < 3; filter++) {
          journal.put(a, `f\u0000client-${session}\u0000filter/${filter}`, new Uint8Array(20));
        }
        for (let message = 0; message < 5; message++) {
          journal.put(a, `m\u0000client-${session}\u0000${message}`, new Uint8Array(100));
        }
        if (session % 10 === 0) journal.flush();
      }
      await restart();
      const begin = performance.now();
      let count = 0;
      for await (const _record of journal.restore()) count += 1;
      console.log(`${name}: ${count} records of 10,000 sessions in ${(performance.now() - begin).toFixed(0)} ms`);
      expect(count).toBe(90_000);
    });

    test('close may be called again', async () => {
      await journal.close();
      await journal.close();
      expect(journal.queuedBytes).toBe(0);
    });
  });
}
