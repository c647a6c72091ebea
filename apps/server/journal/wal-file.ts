import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * What a write-ahead log of SQLite holds, read without SQLite. SQLite itself takes it up to the first frame that is not whole
 * and says nothing of what comes behind, which is right for a transaction that a power cut has torn, and wrong for damage to
 * what was on the disk already.
 */
export interface WalContent {
  /** Whole transactions before its end. */
  readonly transactions: number;
  /**
   * What comes behind them. `whole`: nothing. `unfinished`: a transaction that was never committed. `torn`: one that was, and is not
   * whole. `damaged`: more than one was written, and so the first of them was on the disk, where each one is synced before the next
   * begins.
   */
  readonly end: 'whole' | 'unfinished' | 'torn' | 'damaged';
  /** Number of the first frame that is not whole, from 1; where all are, the one at which the unfinished transaction begins. */
  readonly frame: number | null;
}

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit says in which byte order the checksums are computed. */
const magicLittleEndian = 0x37_7f_06_82;
const magicBigEndian = 0x37_7f_06_83;
const nothing: WalContent = { transactions: 0, end: 'whole', frame: null };

/**
 * Reads the log beside a database file; one that is not there or was reset holds nothing.
 * @param everyPage number of a page that each transaction writes once; null where there is none.
 * @throws as `node:fs` does.
 */
export function readWal(databasePath: string, everyPage: number | null): WalContent {
  let bytes: Buffer;
  try {
    bytes = readFileSync(`${databasePath}-wal`);
  } catch (error) {
    if (isNoEntry(error)) return nothing;
    throw error;
  }
  return inspectWal(bytes, everyPage);
}

/**
 * Writes every byte of the log to where it is already, and syncs it. After a sync that has failed, the system may hold pages in memory
 * that are not on the disk, and take them for written: the next sync leaves them out and succeeds. What is written anew is not left out.
 * @throws as `node:fs` does; does nothing where there is no log.
 */
export function writeWalAnew(databasePath: string): void {
  let file: number;
  try {
    file = openSync(`${databasePath}-wal`, 'r+');
  } catch (error) {
    if (isNoEntry(error)) return;
    throw error;
  }
  try {
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function isNoEntry(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** See https://sqlite.org/fileformat2.html, section 4. */
function inspectWal(bytes: Buffer, everyPage: number | null): WalContent {
  if (bytes.length < headerBytes + frameHeaderBytes) return nothing;
  const magic = bytes.readUInt32BE(0);
  const isHeaderWhole = magic === magicLittleEndian || magic === magicBigEndian;
  const read = magic === magicBigEndian ? readBigEndian : readLittleEndian;
  const header = isHeaderWhole ? checksum(bytes, 0, 24, [0, 0], read) : null;
  if (header === null || !isSame(bytes, 24, header)) {
    // Whether anything of it counted cannot be known: a header is written once, and synced before the first frame.
    return { transactions: 0, end: bytes.some((byte) => byte !== 0) ? 'damaged' : 'torn', frame: 1 };
  }
  const frameBytes = frameHeaderBytes + bytes.readUInt32BE(8);
  const salt = bytes.readBigUInt64BE(16);
  const tail = new Tail(everyPage);
  const count = Math.floor((bytes.length - headerBytes) / frameBytes);
  let stored = header;
  let isOfThisLog = true;
  for (let frame = 1; frame <= count; frame++) {
    const at = headerBytes + (frame - 1) * frameBytes;
    const isSalted = bytes.readBigUInt64BE(at + 8) === salt;
    // From the checksum that the frame before it says, so that damage to that one does not hide this one.
    let sums = checksum(bytes, at, 8, stored, read);
    sums = checksum(bytes, at + frameHeaderBytes, frameBytes - frameHeaderBytes, sums, read);
    const isNext = isSame(bytes, at + 16, sums);
    isOfThisLog = isSalted || (isNext && isOfThisLog);
    // What an earlier use of the file has left behind the end of this one is no part of it.
    const [page, isCommit] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4) !== 0];
    if (isOfThisLog) tail.add({ page, isCommit, isWhole: isSalted && isNext, frame });
    else tail.gap(frame);
    stored = [bytes.readUInt32BE(at + 16), bytes.readUInt32BE(at + 20)];
  }
  return tail.content();
}

/** What was written behind the last whole transaction. */
class Tail {
  readonly #everyPage: number | null;
  #transactions = 0;
  /** Of the last whole transaction. */
  #wholeUpTo = 0;
  #broken: number | null = null;
  #lastFrame = 0;
  #commits = 0;
  /** How often the page that each transaction writes was written, and how often before the last commit. */
  #marks = 0;
  #marksCommitted = 0;

  constructor(everyPage: number | null) {
    this.#everyPage = everyPage;
  }

  add(found: {
    readonly page: number;
    readonly isCommit: boolean;
    readonly isWhole: boolean;
    readonly frame: number;
  }): void {
    this.#lastFrame = found.frame;
    if (!found.isWhole) this.#broken ??= found.frame;
    if (found.page === this.#everyPage) this.#marks++;
    if (!found.isCommit) return;
    if (this.#broken === null) {
      this.#transactions++;
      this.#wholeUpTo = found.frame;
      this.#marks = 0;
    } else {
      this.#commits++;
      this.#marksCommitted = this.#marks;
    }
  }

  /** A frame that is of an earlier use of the file, or whose head nobody can read. */
  gap(frame: number): void {
    this.#broken ??= frame;
  }

  content(): WalContent {
    const transactions = this.#transactions;
    if (this.#lastFrame <= this.#wholeUpTo) return { transactions, end: 'whole', frame: null };
    const frame = this.#broken ?? this.#wholeUpTo + 1;
    if (this.#commits === 0) return { transactions, end: 'unfinished', frame };
    return { transactions, end: Math.max(this.#commits, this.#marksCommitted) > 1 ? 'damaged' : 'torn', frame };
  }
}

type Sums = readonly [number, number];
type ReadWord = (bytes: Buffer, at: number) => number;

const readLittleEndian: ReadWord = (bytes, at) => bytes.readUInt32LE(at);
const readBigEndian: ReadWord = (bytes, at) => bytes.readUInt32BE(at);

function checksum(bytes: Buffer, start: number, length: number, [first, second]: Sums, read: ReadWord): Sums {
  let [a, b] = [first, second];
  for (let at = start; at < start + length; at += 8) {
    a = (a + read(bytes, at) + b) >>> 0;
    b = (b + read(bytes, at + 4) + a) >>> 0;
  }
  return [a, b];
}

function isSame(bytes: Buffer, at: number, [a, b]: Sums): boolean {
  return bytes.readUInt32BE(at) === a && bytes.readUInt32BE(at + 4) === b;
}
