import { expect, test } from 'bun:test';
import { recordKindOf, recordKinds } from './record-kinds.ts';
import { keyOf } from './session/records.ts';

test('every key that the engine writes has a kind, and each kind a key', () => {
  const keys = [
    keyOf.session('c'),
    keyOf.subscription('c', 't'),
    keyOf.message('c', 1),
    keyOf.inFlight('c', 1),
    keyOf.received('c', 1),
    keyOf.retained('t'),
    keyOf.content(1),
  ];
  expect(keys.length).toBe(Object.keys(keyOf).length);
  expect(new Set<string | null>(keys.map(recordKindOf))).toEqual(new Set(Object.values(recordKinds)));
  expect(recordKindOf('x')).toBeNull();
});
