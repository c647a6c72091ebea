import { describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { PasswordHasher, type Peppers } from './credential-hash.ts';
import { CredentialTable, type CredentialRecord } from './credential-table.ts';

const north = 'north' as DeploymentId;
const south = 'south' as DeploymentId;
const oldKey = new Uint8Array(32).fill(1);
const newKey = new Uint8Array(32).fill(2);
const oldPeppers: Peppers = { current: 'a', keys: { a: oldKey } };
const newPeppers: Peppers = { current: 'b', keys: { a: oldKey, b: newKey } };
const bytes = (text: string) => new TextEncoder().encode(text);

function record(hasher: PasswordHasher, username: string, password: string, disabled = false): CredentialRecord {
  return { username, disabled, ...hasher.hash(username, bytes(password)) };
}

describe('PasswordHasher', () => {
  test('the same password twice gives different salts and MACs, and both verify', () => {
    const hasher = new PasswordHasher(oldPeppers);
    const [one, two] = [hasher.hash('meter', bytes('secret-password')), hasher.hash('meter', bytes('secret-password'))];
    expect(one.salt).toHaveLength(16);
    expect(one.mac).toHaveLength(32);
    expect(one.salt).not.toEqual(two.salt);
    expect(one.mac).not.toEqual(two.mac);
    expect(hasher.verify(one, 'meter', bytes('secret-password'))).toBe(true);
    expect(hasher.verify(two, 'meter', bytes('secret-password'))).toBe(true);
  });

  test('the MAC is HMAC-SHA-256 over salt, length of the name, name and password: what is stored stays valid', () => {
    for (const key of [oldKey, new Uint8Array(100).fill(7)]) {
      const hasher = new PasswordHasher({ current: 'a', keys: { a: key } });
      for (const username of ['meter', 'Zähler']) {
        const { salt, mac } = hasher.hash(username, bytes('secret-password'));
        const message = [salt, [0, bytes(username).length], bytes(username), bytes('secret-password')];
        const expected = createHmac('sha256', key).update(Buffer.concat(message.map((part) => Buffer.from(part))));
        expect(mac).toEqual(new Uint8Array(expected.digest()));
      }
    }
  });

  test('a record fits its own user name only, and name and password do not run into each other', () => {
    const hasher = new PasswordHasher(oldPeppers);
    const made = hasher.hash('ab', bytes('cdefghij'));
    expect(hasher.verify(made, 'abc', bytes('defghij'))).toBe(false);
    expect(hasher.verify(made, 'xy', bytes('cdefghij'))).toBe(false);
    expect(hasher.verify(made, 'ab', bytes('cdefghi'))).toBe(false);
    expect(hasher.verify(made, 'ab', bytes(''))).toBe(false);
  });

  test('without the pepper a record cannot be checked', () => {
    const made = new PasswordHasher(oldPeppers).hash('meter', bytes('secret-password'));
    const other = new PasswordHasher({ current: 'b', keys: { b: newKey } });
    expect(other.knows('a')).toBe(false);
    expect(other.verify(made, 'meter', bytes('secret-password'))).toBe(false);
    const sameIdOtherKey = new PasswordHasher({ current: 'a', keys: { a: newKey } });
    expect(sameIdOtherKey.verify(made, 'meter', bytes('secret-password'))).toBe(false);
  });

  test('nobody has no password, not even an empty one', () => {
    expect(new PasswordHasher(oldPeppers).verify(undefined, 'nobody', bytes(''))).toBe(false);
  });

  test('missing and short peppers are refused', () => {
    expect(() => new PasswordHasher({ current: 'c', keys: { a: oldKey } })).toThrow('"c"');
    expect(() => new PasswordHasher({ current: 'a', keys: { a: new Uint8Array(8) } })).toThrow('16 bytes');
  });
});

describe('CredentialTable', () => {
  function table(peppers: Peppers) {
    const hasher = new PasswordHasher(peppers);
    const rehashed: [DeploymentId, CredentialRecord, CredentialRecord][] = [];
    const credentials = new CredentialTable(hasher, (...change) => rehashed.push(change));
    return { hasher, credentials, rehashed };
  }

  test('tells accepted, wrong, unknown and disabled apart', () => {
    const { hasher, credentials } = table(oldPeppers);
    credentials.put(north, record(hasher, 'meter', 'secret-password'));
    credentials.put(north, record(hasher, 'retired', 'secret-password', true));
    expect(credentials.check(north, 'meter', bytes('secret-password'))).toBe('accepted');
    expect(credentials.check(north, 'meter', bytes('secret-passwore'))).toBe('wrong-password');
    expect(credentials.check(north, 'Meter', bytes('secret-password'))).toBe('unknown-user');
    expect(credentials.check(north, 'retired', bytes('secret-password'))).toBe('disabled');
    expect(credentials.check(north, 'retired', bytes('guess'))).toBe('wrong-password');
  });

  test('two deployments with the same user name do not see each other', () => {
    const { hasher, credentials } = table(oldPeppers);
    credentials.put(north, record(hasher, 'meter', 'north-password'));
    credentials.put(south, record(hasher, 'meter', 'south-password'));
    credentials.put(south, record(hasher, 'gateway', 'south-password'));
    expect(credentials.check(north, 'meter', bytes('north-password'))).toBe('accepted');
    expect(credentials.check(north, 'meter', bytes('south-password'))).toBe('wrong-password');
    expect(credentials.check(north, 'gateway', bytes('south-password'))).toBe('unknown-user');
    credentials.removeAll(north);
    expect(credentials.check(north, 'meter', bytes('north-password'))).toBe('unknown-user');
    expect(credentials.check(south, 'meter', bytes('south-password'))).toBe('accepted');
    credentials.remove(south, 'meter');
    expect(credentials.check(south, 'meter', bytes('south-password'))).toBe('unknown-user');
  });

  test('a right password moves its record to the current pepper, a wrong one does not', () => {
    const before = record(new PasswordHasher(oldPeppers), 'meter', 'secret-password');
    const { credentials, rehashed } = table(newPeppers);
    credentials.put(north, before);
    expect(credentials.check(north, 'meter', bytes('guess'))).toBe('wrong-password');
    expect(rehashed).toEqual([]);
    expect(credentials.check(north, 'meter', bytes('secret-password'))).toBe('accepted');
    expect(rehashed).toHaveLength(1);
    const [deployment, old, after] = rehashed[0] ?? [];
    expect(deployment).toBe(north);
    expect(old).toEqual(before);
    expect(after?.pepperKeyId).toBe('b');
    expect(credentials.check(north, 'meter', bytes('secret-password'))).toBe('accepted');
    expect(rehashed).toHaveLength(1);
    const withoutOldKey = new PasswordHasher({ current: 'b', keys: { b: newKey } });
    expect(withoutOldKey.verify(after, 'meter', bytes('secret-password'))).toBe(true);
  });
});
