import { randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The keys that passwords are stored under. They live in a file outside the database,
 * so that a copy of the database alone does not let anybody try passwords.
 */
export interface Peppers {
  /** Id of the key that new passwords are stored under. */
  readonly current: string;
  /** All keys by id; old ones stay until no record needs them. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
}

/** What is kept of a password. */
export interface PasswordRecord {
  readonly salt: Uint8Array;
  readonly mac: Uint8Array;
  readonly pepperKeyId: string;
}

const saltBytes = 16;
/** A user name of MQTT has a two-byte length: the longest one still fits. */
const usernameBytesMax = 0xffff;

const utf8 = new TextEncoder();

/**
 * Stores and checks passwords: HMAC-SHA-256 under a pepper over a random salt, the user name and the password.
 * A check takes microseconds and blocks nothing. Passwords are random by default, and the pepper is needed to try
 * any, which is why no deliberately slow hash stands here: it would let every wrong log-in cost the service more than the guesser.
 */
export class PasswordHasher {
  readonly #peppers: Peppers;
  /** An HMAC for each key that has been used, to be copied: its key is made ready once. */
  readonly #keyed = new Map<string, Bun.CryptoHasher>();
  /** Stands in for the record of an unknown user, so that the answer takes the same time. */
  readonly #nobody: PasswordRecord;

  /** @throws Error where there is no key with the current id, or a key is shorter than 16 bytes. */
  constructor(peppers: Peppers) {
    if (peppers.keys[peppers.current] === undefined)
      throw new Error(`there is no pepper with the id "${peppers.current}"`);
    if (Object.values(peppers.keys).some((key) => key.length < 16)) throw new Error('a pepper has at least 16 bytes');
    this.#peppers = peppers;
    this.#nobody = { salt: randomBytes(saltBytes), mac: randomBytes(32), pepperKeyId: peppers.current };
  }

  /** Whether records under this key can be checked. */
  knows(pepperKeyId: string): boolean {
    return this.#peppers.keys[pepperKeyId] !== undefined;
  }

  /** Whether the record should be made anew at the next right password. */
  isOutdated(record: PasswordRecord): boolean {
    return record.pepperKeyId !== this.#peppers.current;
  }

  /** A new record for the password, under the current key and a new salt. */
  hash(username: string, password: Uint8Array): PasswordRecord {
    const salt = randomBytes(saltBytes);
    const pepperKeyId = this.#peppers.current;
    return { salt, mac: this.#mac(pepperKeyId, salt, username, password), pepperKeyId };
  }

  /**
   * Compares in constant time. Without a record (unknown user), or with one under a key that is gone,
   * the same work is done and the answer is false.
   */
  verify(record: PasswordRecord | undefined, username: string, password: Uint8Array): boolean {
    const usable = record !== undefined && this.knows(record.pepperKeyId);
    const against = usable ? record : this.#nobody;
    const mac = this.#mac(against.pepperKeyId, against.salt, username, password);
    return timingSafeEqual(mac, against.mac) && usable;
  }

  #mac(pepperKeyId: string, salt: Uint8Array, username: string, password: Uint8Array): Uint8Array {
    const name = utf8.encode(username).subarray(0, usernameBytesMax);
    // The length keeps "ab" + "c" apart from "a" + "bc".
    const length = new Uint8Array([name.length >> 8, name.length & 0xff]);
    return this.#hmac(pepperKeyId).update(salt).update(length).update(name).update(password).digest();
  }

  #hmac(pepperKeyId: string): Bun.CryptoHasher {
    let keyed = this.#keyed.get(pepperKeyId);
    if (keyed === undefined) {
      const key = this.#peppers.keys[pepperKeyId];
      if (key === undefined) throw new Error(`there is no pepper with the id "${pepperKeyId}"`);
      keyed = new Bun.CryptoHasher('sha256', key);
      this.#keyed.set(pepperKeyId, keyed);
    }
    return keyed.copy();
  }
}
