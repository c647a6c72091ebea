import { readFileSync } from 'node:fs';

/**
 * What a write-ahead log of SQLite holds, read without SQLite. SQLite itself takes it up to the first frame that is not whole
 * and says nothing of what comes behind, which is right for a transaction that a power cut has torn, and wrong for damage to
 * what was on the disk already.
 */
export interface WalContent {
  /** Whole transactions before the first frame that is not whole. */
  readonly transactions: number;
  /** Number of the first frame that is not whole, from 1; null where there is none. */
  readonly brokenFrame: number | null;
  /**
   * Whether that frame lies before the last transaction, which is the only one that can have been on its way to the disk when
   * each one is synced before the next begins.
   */
  readonly brokenBeforeTail: boolean;
}

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit says in which byte order the checksums are computed. */
const magicLittleEndian = 0x37_7f_06_82;
const magicBigEndian = 0x37_7f_06_83;
const nothing: WalContent = { transactions: 0, brokenFrame: null, brokenBeforeTail: false };

/** Reads the log beside a database file; one that is not there or was reset holds nothing. @throws as `node:fs` does. */
export function readWal(databasePath: string): WalContent {
  let bytes: Buffer;
  try {
    bytes = readFileSync(`${databasePath}-wal`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return nothing;
    throw error;
  }
  return inspectWal(bytes);
}

/** See https://sqlite.org/fileformat2.html, section 4. */
export function inspectWal(bytes: Buffer): WalContent {
  if (bytes.length < headerBytes + frameHeaderBytes) return nothing;
  const magic = bytes.readUInt32BE(0);
  const isHeaderWhole = magic === magicLittleEndian || magic === magicBigEndian;
  const read = magic === magicBigEndian ? readBigEndian : readLittleEndian;
  const header = isHeaderWhole ? checksum(bytes, 0, 24, [0, 0], read) : null;
  if (header === null || !isSame(bytes, 24, header)) {
    // Whether anything of it counted cannot be known: a header is written once, and synced before the first frame.
    return { transactions: 0, brokenFrame: 1, brokenBeforeTail: bytes.some((byte) => byte !== 0) };
  }
  const frameBytes = frameHeaderBytes + bytes.readUInt32BE(8);
  const salt = bytes.readBigUInt64BE(16);
  let [sums, transactions, broken, commitsBehind] = [header, 0, 0, 0];
  const count = Math.floor((bytes.length - headerBytes) / frameBytes);
  let lastOfLog = 0;
  for (let frame = 1; frame <= count; frame++) {
    const at = headerBytes + (frame - 1) * frameBytes;
    const isOfThisLog = bytes.readBigUInt64BE(at + 8) === salt;
    const isCommit = bytes.readUInt32BE(at + 4) !== 0;
    if (isOfThisLog) lastOfLog = frame;
    if (broken > 0) {
      if (isOfThisLog && isCommit) commitsBehind++;
      continue;
    }
    sums = checksum(bytes, at, 8, sums, read);
    sums = checksum(bytes, at + frameHeaderBytes, frameBytes - frameHeaderBytes, sums, read);
    if (!isOfThisLog || !isSame(bytes, at + 16, sums)) {
      broken = frame;
      // A commit that is damaged itself ends a transaction too.
      if (isOfThisLog && isCommit) commitsBehind++;
    } else if (isCommit) transactions++;
  }
  // What an earlier use of the file has left behind the end of this one is no damage.
  if (broken === 0 || lastOfLog < broken) return { transactions, brokenFrame: null, brokenBeforeTail: false };
  return { transactions, brokenFrame: broken, brokenBeforeTail: commitsBehind > 1 };
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
