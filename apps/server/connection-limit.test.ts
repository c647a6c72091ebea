import { expect, test } from 'bun:test';
import { connectionLimit } from './connection-limit.ts';

const line = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units
Max processes             95826                95826                processes
Max open files            ${soft.padEnd(20)} 1048576              files
`;

test('connections are what the limit on open files leaves', () => {
  expect(connectionLimit(line('4096'))).toBe(4096 - 128);
});

test('a limit below the reserve still lets one connection in', () => {
  expect(connectionLimit(line('64'))).toBe(1);
});

test('no limit is no limit, and a system that does not say has a careful one', () => {
  expect(connectionLimit(line('unlimited'))).toBe(Number.MAX_SAFE_INTEGER);
  expect(connectionLimit('')).toBe(10_000);
});
