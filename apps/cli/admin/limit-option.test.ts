import { expect, test } from 'bun:test';
import { collectLimit } from './limit-option.ts';

test('limits add up, none is null, bytes may have a unit', () => {
  const first = collectLimit('sessions=5000', undefined);
  const second = collectLimit('messagesPerSecond=none', first);
  expect(collectLimit('packetSizeBytes=2MiB', second)).toEqual({
    sessions: 5000,
    messagesPerSecond: null,
    packetSizeBytes: 2 * 1024 * 1024,
  });
});

test('what cannot be a limit is refused with the reason', () => {
  expect(() => collectLimit('sessions', undefined)).toThrow('NAME=VALUE');
  expect(() => collectLimit('sessions=1MiB', undefined)).toThrow('whole number');
  expect(() => collectLimit('sessions=1.5', undefined)).toThrow('whole number');
  expect(() => collectLimit('sessions=', undefined)).toThrow('whole number');
  expect(() => collectLimit('inFlightIn=70000', undefined)).toThrow('1 to 65535');
  expect(() => collectLimit('SESSION=1', undefined)).toThrow('Did you mean sessions?');
});
