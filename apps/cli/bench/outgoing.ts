/**
 * Bytes on their way out in this turn. One for all connections of a thread: it is filled and written within one call, so no connection holds
 * memory for it.
 */
export class Outgoing {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  length = 0;

  /** @param capacity bytes that there is room for at first. */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for so many more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(2 * (this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Adds a packet. */
  put(packet: Uint8Array): void {
    this.reserve(packet.length);
    this.bytes.set(packet, this.length);
    this.length += packet.length;
  }

  /** Adds PUBACK, PUBREC, PUBREL or PUBCOMP with success, whose form is the same in all versions. */
  putAck(header: number, identifierHigh: number, identifierLow: number): void {
    this.reserve(4);
    const { bytes, length } = this;
    bytes[length] = header;
    bytes[length + 1] = 2;
    bytes[length + 2] = identifierHigh;
    bytes[length + 3] = identifierLow;
    this.length = length + 4;
  }
}
