import { describe, expect, test } from 'bun:test';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { FailedLogins, type LoginAttempt } from './failed-logins.ts';
import { FailureTable } from './failure-table.ts';
import { remoteNetwork } from './remote-network.ts';

const north = 'north' as DeploymentId;
const south = 'south' as DeploymentId;
const minute = 60_000;

function attempt(change: Partial<LoginAttempt> = {}): LoginAttempt {
  return { deployment: north, username: 'meter', remoteAddress: '192.0.2.1', ...change };
}

/** Fails `times` times, all at `now`. */
function fail(logins: FailedLogins, times: number, who: LoginAttempt, now: number): void {
  for (let index = 0; index < times; index += 1) logins.failed(who, 3, now);
}

describe('FailedLogins', () => {
  test('the limit is reached with the last failure that it allows, and ends a minute later', () => {
    const logins = new FailedLogins();
    fail(logins, 2, attempt(), 1000);
    expect(logins.isBlocked(attempt(), 1000)).toBe(false);
    fail(logins, 1, attempt(), 2000);
    expect(logins.isBlocked(attempt(), 2000)).toBe(true);
    expect(logins.isBlocked(attempt(), 2000 + minute - 1)).toBe(true);
    expect(logins.isBlocked(attempt(), 2000 + minute)).toBe(false);
    fail(logins, 2, attempt(), 2000 + minute);
    expect(logins.isBlocked(attempt(), 2000 + minute)).toBe(false);
  });

  test('failures spread over more than a minute do not add up', () => {
    const logins = new FailedLogins();
    for (let now = 0; now < 100 * minute; now += minute / 2) logins.failed(attempt(), 3, now);
    expect(logins.isBlocked(attempt(), 100 * minute)).toBe(false);
  });

  test('an address is blocked for every user name of the deployment, and for no other deployment', () => {
    const logins = new FailedLogins();
    for (const username of ['a', 'b', 'c']) fail(logins, 1, attempt({ username }), 0);
    expect(logins.isBlocked(attempt({ username: 'd' }), 0)).toBe(true);
    expect(logins.isBlocked(attempt({ username: 'd', remoteAddress: '192.0.2.2' }), 0)).toBe(false);
    expect(logins.isBlocked(attempt({ deployment: south }), 0)).toBe(false);
  });

  test('a user name is blocked from every unfamiliar address, and in its own deployment only', () => {
    const logins = new FailedLogins();
    for (const last of [1, 2, 3]) fail(logins, 1, attempt({ remoteAddress: `198.51.100.${last}` }), 0);
    expect(logins.isBlocked(attempt(), 0)).toBe(true);
    expect(logins.isBlocked(attempt({ username: 'other' }), 0)).toBe(false);
    expect(logins.isBlocked(attempt({ deployment: south }), 0)).toBe(false);
  });

  test('devices of a user name under attack log in from the addresses that they logged in from before', () => {
    const logins = new FailedLogins();
    logins.succeeded(attempt(), 0);
    for (const last of [1, 2, 3]) fail(logins, 1, attempt({ remoteAddress: `198.51.100.${last}` }), 1000);
    expect(logins.isBlocked(attempt(), 1000)).toBe(false);
    expect(logins.isBlocked(attempt({ remoteAddress: '192.0.2.9' }), 1000)).toBe(true);
    fail(logins, 3, attempt(), 1000);
    expect(logins.isBlocked(attempt(), 1000)).toBe(true);
  });

  test('who logs in again and again stays familiar, and so does who logs in between', () => {
    const logins = new FailedLogins({ capacity: 2 });
    const [first, second, third] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((remoteAddress) =>
      attempt({ remoteAddress }),
    );
    if (first === undefined || second === undefined || third === undefined) throw new Error('three addresses');
    const block = (now: number): void => {
      for (const last of [1, 2]) logins.failed(attempt({ remoteAddress: `198.51.100.${last}` }), 1, now);
    };
    logins.succeeded(first, 0);
    logins.succeeded(first, 1000);
    logins.succeeded(second, 2000);
    logins.succeeded(first, 3000);
    // Room for two: the second has not logged in for the longest time.
    logins.succeeded(third, 4000);
    block(5000);
    expect([first, second, third].map((who) => logins.isBlocked(who, 5000))).toEqual([false, true, false]);
    // A day after its first time, and not after its last.
    const later = 24 * 3_600_000 + 2000;
    block(later);
    expect(logins.isBlocked(first, later)).toBe(false);
  });

  test('a familiar address is forgotten after a day', () => {
    const logins = new FailedLogins();
    const day = 24 * 60 * minute;
    logins.succeeded(attempt(), 0);
    for (const last of [1, 2, 3]) fail(logins, 1, attempt({ remoteAddress: `198.51.100.${last}` }), day);
    expect(logins.isBlocked(attempt(), day - 1)).toBe(false);
    expect(logins.isBlocked(attempt(), day)).toBe(true);
  });

  test('a success in between does not reset the counters', () => {
    const logins = new FailedLogins();
    fail(logins, 2, attempt({ username: 'victim' }), 0);
    logins.succeeded(attempt({ username: 'own' }), 0);
    fail(logins, 1, attempt({ username: 'victim' }), 0);
    expect(logins.isBlocked(attempt({ username: 'own' }), 0)).toBe(true);
  });

  test('without a limit nothing is counted', () => {
    const logins = new FailedLogins();
    for (let index = 0; index < 1000; index += 1) logins.failed(attempt(), null, 0);
    expect(logins.isBlocked(attempt(), 0)).toBe(false);
  });
});

describe('FailureTable', () => {
  test('stays within its capacity, and new keys push out those with the fewest failures', () => {
    const table = new FailureTable(100);
    for (let failure = 0; failure < 9; failure += 1) table.record('guesser', 10, 0);
    for (let key = 0; key < 10_000; key += 1) table.record(`noise ${key}`, 10, 0);
    expect(table.size).toBe(100);
    table.record('guesser', 10, 0);
    expect(table.isBlocked('guesser', 0)).toBe(true);
  });

  test('a blocked key outlasts keys with many failures', () => {
    const table = new FailureTable(100);
    table.record('blocked', 1, 0);
    for (let failure = 0; failure < 50; failure += 1) {
      for (let key = 0; key < 200; key += 1) table.record(`noise ${key}`, 1000, 0);
    }
    expect(table.isBlocked('blocked', 0)).toBe(true);
  });

  test('keys whose minute is over are dropped as new ones come', () => {
    const table = new FailureTable(1000);
    for (let key = 0; key < 500; key += 1) table.record(`old ${key}`, 10, 0);
    for (let failure = 0; failure < 1000; failure += 1) table.record('new', 10_000, minute);
    expect(table.size).toBe(1);
  });
});

describe('remoteNetwork', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ])('%s counts as %s', (address, network) => {
    expect(remoteNetwork(address)).toBe(network);
  });
});
