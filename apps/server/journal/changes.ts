/**
 * The bytes of a batch: changes one behind the other.
 *
 *     kind u8 | deployment bytes u16 | key bytes u32 | value bytes u32 | deployment | key | value      (little-endian, UTF-8)
 */

export const changeKind = { put: 1, delete: 2, forget: 3 } as const;
export type ChangeKind = (typeof changeKind)[keyof typeof changeKind];

const headerBytes = 11;
const initialBytes = 64 * 1024;
/** A buffer that one large batch has blown up is not kept above this. */
const keptBytesMax = 1024 * 1024;
const noValue = new Uint8Array(0);

/** A batch that has ended. */
export interface EndedBatch {
  /** Good until the next change is written: a view of the writer's buffer. */
  readonly bytes: Uint8Array;
  /** Bytes of each deployment in it. */
  readonly shares: ReadonlyMap<string, number>;
}

/** Collects the changes of the open batch in one buffer. */
export class ChangeWriter {
  #buffer = Buffer.allocUnsafeSlow(initialBytes);
  #length = 0;
  #shares = new Map<string, number>();
  /** Whose changes were written last, and where they begin: mostly one deployment's follow each other. */
  #owner = '';
  #ownerFrom = 0;

  /** Bytes of the open batch. */
  get length(): number {
    return this.#length;
  }

  write(kind: ChangeKind, deployment: string, key: string, value: Uint8Array = noValue): void {
    const start = this.#length;
    if (deployment !== this.#owner) {
      this.#share();
      this.#owner = deployment;
    }
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    this.#reserve(headerBytes + (deployment.length + key.length) * 3 + value.length);
    const buffer = this.#buffer;
    const deploymentBytes = buffer.write(deployment, start + headerBytes, 'utf8');
    const keyBytes = buffer.write(key, start + headerBytes + deploymentBytes, 'utf8');
    buffer[start] = kind;
    buffer.writeUInt16LE(deploymentBytes, start + 1);
    buffer.writeUInt32LE(keyBytes, start + 3);
    buffer.writeUInt32LE(value.length, start + 7);
    const valueStart = start + headerBytes + deploymentBytes + keyBytes;
    buffer.set(value, valueStart);
    this.#length = valueStart + value.length;
  }

  /** Ends the batch. */
  take(): EndedBatch {
    this.#share();
    const shares = this.#shares;
    this.#shares = new Map();
    this.#ownerFrom = 0;
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    if (this.#buffer.length > keptBytesMax) this.#buffer = Buffer.allocUnsafeSlow(initialBytes);
    return { bytes, shares };
  }

  #share(): void {
    const more = this.#length - this.#ownerFrom;
    if (more > 0) this.#shares.set(this.#owner, (this.#shares.get(this.#owner) ?? 0) + more);
    this.#ownerFrom = this.#length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

export type ChangeVisitor = (kind: ChangeKind, deployment: string, key: string, value: Uint8Array) => void;

/** Reads the changes of a batch in order. Values are views of `bytes`. @throws RangeError when the bytes are no batch. */
export function readChanges(bytes: Uint8Array, visit: ChangeVisitor): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < buffer.length) {
    if (buffer.length - at < headerBytes) throw new RangeError('a change is cut short');
    const kind = buffer[at];
    const keyStart = at + headerBytes + buffer.readUInt16LE(at + 1);
    const valueStart = keyStart + buffer.readUInt32LE(at + 3);
    const end = valueStart + buffer.readUInt32LE(at + 7);
    if (kind !== changeKind.put && kind !== changeKind.delete && kind !== changeKind.forget) {
      throw new RangeError(`there is no kind of change ${kind}`);
    }
    if (end > buffer.length) throw new RangeError('a change is cut short');
    const deployment = buffer.toString('utf8', at + headerBytes, keyStart);
    visit(kind, deployment, buffer.toString('utf8', keyStart, valueStart), bytes.subarray(valueStart, end));
    at = end;
  }
}
