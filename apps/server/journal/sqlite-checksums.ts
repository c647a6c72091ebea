/** Of a row of the log: its place and whether it ends a batch count too, so that a row cannot pass for another. */
export function changesChecksum(seq: number, last: number, changes: Uint8Array): number {
  return Bun.hash.crc32(changes, Bun.hash.crc32(`${seq} ${last}`));
}

/** Of a record: whose it is and its key count too. */
export function recordChecksum(deployment: string, key: string, value: Uint8Array): number {
  return Bun.hash.crc32(value, Bun.hash.crc32(`${deployment}\n${key}`));
}
