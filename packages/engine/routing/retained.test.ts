import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Retained } from './retained.ts';

describe('Retained', () => {
  test('[MQTT-3.3.1-5] a message takes the place of the one before, and counts instead of it', () => {
    const retained = new Retained<string>();
    retained.set('a/b', 'old', 100);
    retained.set('a/c', 'other', 7);
    retained.set('a/b', 'new', 30);
    expect([retained.count, retained.bytes, retained.sizeOf('a/b'), retained.get('a/b')]).toEqual([2, 37, 30, 'new']);
    expect([...retained.match('a/+')]).toEqual(['new', 'other']);
  });

  test('[MQTT-3.3.1-6] a deleted message is gone and counts no longer', () => {
    const retained = new Retained<string>();
    retained.set('a', 'm', 5);
    expect([retained.delete('b'), retained.delete('a'), retained.delete('a')]).toEqual([false, true, false]);
    expect([retained.count, retained.bytes, retained.sizeOf('a'), retained.get('a')]).toEqual([0, 0, 0, undefined]);
  });

  test('count and bytes are the sums of what is there', () => {
    const change = fc.record({
      set: fc.boolean(),
      topic: fc.constantFrom('a', 'a/b', 'a/c', '$x', '/'),
      bytes: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const retained = new Retained<number>();
        const model = new Map<string, number>();
        for (const { set, topic, bytes } of changes) {
          if (set) {
            retained.set(topic, bytes, bytes);
            model.set(topic, bytes);
          } else {
            expect(retained.delete(topic)).toBe(model.delete(topic));
          }
          expect([retained.count, retained.bytes]).toEqual([
            model.size,
            [...model.values()].reduce((sum, one) => sum + one, 0),
          ]);
        }
      }),
    );
  });

  test('many messages are served in steps while others come and go', () => {
    const retained = new Retained<number>();
    for (let index = 0; index < 10_000; index++) retained.set(`t/${index}`, index, 1);
    const messages = retained.match('t/#');
    for (let index = 0; index < 5000; index++) expect(messages.next().value).toBe(index);
    for (let index = 0; index < 10_000; index += 2) retained.delete(`t/${index}`);
    retained.set('t/9999', -1, 1);
    const rest = [...messages];
    expect(rest).toHaveLength(2500);
    expect(rest.every((message) => message === -1 || message % 2 === 1)).toBe(true);
    expect(rest.at(-1)).toBe(-1);
  });
});
