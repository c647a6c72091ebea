/** The beginning of every payload: when it was meant to be sent (microseconds), by which publisher, and its number. */
export const stampBytes = 16;

/** Writes a stamp at the offset. */
export function writeStamp(
  view: DataView,
  offset: number,
  intendedUs: number,
  publisher: number,
  sequence: number,
): void {
  view.setFloat64(offset, intendedUs);
  view.setUint32(offset + 8, publisher);
  view.setUint32(offset + 12, sequence);
}

/** One stamp, to be filled again and again. */
export interface Stamp {
  intendedUs: number;
  publisher: number;
  sequence: number;
}

const eight = new DataView(new ArrayBuffer(8));

/** Reads the stamp at the offset. @returns false where there is none. */
export function readStamp(bytes: Uint8Array, offset: number, end: number, into: Stamp): boolean {
  if (end - offset < stampBytes) return false;
  for (let index = 0; index < 8; index++) eight.setUint8(index, bytes[offset + index] ?? 0);
  into.intendedUs = eight.getFloat64(0);
  into.publisher = uint32At(bytes, offset + 8);
  into.sequence = uint32At(bytes, offset + 12);
  return true;
}

function uint32At(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
