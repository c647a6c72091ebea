import { DecodeError, malformed } from './errors.ts';
import { ReasonCode } from './types.ts';

const nothing = new Uint8Array(0);

/** A tail starts with room for a small packet. */
const tailCapacityMin = 128;

/**
 * Cuts a stream of bytes into whole MQTT packets (MQTT 5.0 section 2.1).
 *
 * A packet that lies whole in the chunk is given out where it lies; only one that straddles chunks is put together in a buffer
 * of the framer's own, the *tail*. Use: `push(chunk)`, then `next()` until it says false, then `release()`.
 *
 * After it has thrown, the stream has no packet boundaries any more: close the connection.
 */
export class Framer {
  /** Largest packet accepted, in bytes with its fixed header. May be changed between packets. */
  maximumPacketSize: number;
  /**
   * Whether a Remaining Length must be in its shortest form. MQTT 5.0 demands it [MQTT-1.5.5-1]; 3.x does not, and small devices
   * write it padded, so it is off until the version is known.
   */
  shortestLengths = false;

  /** First byte of the packet: its type and flags. */
  header = 0;
  /** Where the packet lies: fixed header from `start`, variable header and payload from `bodyStart` to `end`. */
  buffer: Uint8Array = nothing;
  start = 0;
  bodyStart = 0;
  end = 0;

  #chunk: Uint8Array = nothing;
  #chunkRead = 0;
  #tail: Uint8Array = nothing;
  #tailRead = 0;
  #tailWrite = 0;
  /** Of the packet that `#packetSize` looked at last. */
  #headerSize = 0;

  constructor(maximumPacketSize: number) {
    this.maximumPacketSize = maximumPacketSize;
  }

  /** Bytes pushed and not yet given out, whole packets and the beginning of one. */
  get bufferedBytes(): number {
    return this.#tailWrite - this.#tailRead + (this.#chunk.length - this.#chunkRead);
  }

  /** The first byte not yet given out, or -1. */
  peekFirstByte(): number {
    if (this.#tailRead < this.#tailWrite) return this.#tail[this.#tailRead] ?? -1;
    return this.#chunk[this.#chunkRead] ?? -1;
  }

  /** Takes the next bytes of the stream. They are not copied: they must not change before `release`. */
  push(chunk: Uint8Array): void {
    if (this.#chunkRead < this.#chunk.length) this.#keepChunk();
    this.#chunk = chunk;
    this.#chunkRead = 0;
  }

  /**
   * Moves on to the next whole packet. When true, `header`, `buffer`, `start`, `bodyStart` and `end` describe it until the next
   * `push` or `release`.
   *
   * @throws DecodeError 0x81 for packet type 0 and for a Remaining Length of more than four bytes, 0x95 as soon as a fixed header announces a packet
   * larger than `maximumPacketSize`
   */
  next(): boolean {
    if (this.#tailRead < this.#tailWrite) return this.#nextFromTail();
    const chunk = this.#chunk;
    const start = this.#chunkRead;
    const size = this.#packetSize(chunk, start, chunk.length);
    if (size === 0 || size > chunk.length - start) return false;
    this.#chunkRead = start + size;
    this.#describe(chunk, start, size);
    return true;
  }

  /** Takes back the packet that `next` gave out last, before anything else is called: the next `next` gives it out again. */
  putBack(): void {
    if (this.buffer === this.#tail) this.#tailRead = this.start;
    else this.#chunkRead = this.start;
  }

  /**
   * Lets go of the chunk: what is left of it is copied. Call it when this turn consumes no more. An idle framer then holds no
   * buffer.
   */
  release(): void {
    if (this.#chunkRead < this.#chunk.length) this.#keepChunk();
    else if (this.#tailRead === this.#tailWrite) this.#dropTail();
    this.#chunk = nothing;
    this.#chunkRead = 0;
    this.buffer = nothing;
  }

  #nextFromTail(): boolean {
    for (;;) {
      const have = this.#tailWrite - this.#tailRead;
      const size = this.#packetSize(this.#tail, this.#tailRead, this.#tailWrite);
      if (size > 0 && size <= have) {
        const start = this.#tailRead;
        this.#tailRead += size;
        this.#describe(this.#tail, start, size);
        return true;
      }
      const wanted = size === 0 ? 1 : size - have;
      const taken = Math.min(wanted, this.#chunk.length - this.#chunkRead);
      if (taken === 0) return false;
      this.#append(taken, size);
    }
  }

  #describe(buffer: Uint8Array, start: number, size: number): void {
    this.buffer = buffer;
    this.header = buffer[start] ?? 0;
    this.start = start;
    this.bodyStart = start + this.#headerSize;
    this.end = start + size;
  }

  /** Size of the packet at `start`; 0 while its fixed header is not all there. */
  #packetSize(buffer: Uint8Array, start: number, end: number): number {
    if (start < end && (buffer[start] ?? 0) < 0x10) throw malformed('packet type 0'); // whatever its length will be
    let length = 0;
    let shift = 0;
    for (let i = start + 1; i < end; i++) {
      const byte = buffer[i] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0 && this.shortestLengths) {
          throw malformed('Remaining Length is not in its shortest form', 'MQTT-1.5.5-1'); // [MQTT-1.5.5-1]
        }
        this.#headerSize = i + 1 - start;
        const size = this.#headerSize + length;
        if (size > this.maximumPacketSize) {
          throw new DecodeError(ReasonCode.packetTooLarge, `packet of more than ${this.maximumPacketSize} bytes`);
        }
        return size;
      }
      if (shift === 21) throw malformed('Remaining Length of more than four bytes');
      shift += 7;
    }
    return 0;
  }

  #keepChunk(): void {
    // What is kept is mostly the beginning of one packet: its size, where it is known already, is all the room that it needs.
    const size = this.#tailRead < this.#tailWrite ? 0 : this.#sizeToCome();
    this.#append(this.#chunk.length - this.#chunkRead, size);
  }

  /** Size of the packet that the rest of the chunk begins with; 0 where that is not known, or not right. */
  #sizeToCome(): number {
    try {
      return this.#packetSize(this.#chunk, this.#chunkRead, this.#chunk.length);
    } catch {
      return 0;
    }
  }

  /**
   * Moves bytes of the chunk behind the tail. What was given out from the tail is never overwritten, so that views of it stay good:
   * where there is no room, the unread part moves to a new buffer. That buffer is twice as large as it needs to be, so a byte is
   * copied a bounded number of times however small the chunks are; but never larger than the packet that is being put together, so
   * that half a packet does not take the room of a whole one twice.
   * @param packetSize of the packet that the tail begins with; 0 where it is not known.
   */
  #append(count: number, packetSize = 0): void {
    if (this.#tailWrite + count > this.#tail.length) {
      const unread = this.#tail.subarray(this.#tailRead, this.#tailWrite);
      const needed = unread.length + count;
      const roomy = Math.max(tailCapacityMin, 2 * needed);
      const grown = new Uint8Array(packetSize >= needed ? Math.min(roomy, packetSize) : roomy);
      grown.set(unread);
      this.#tail = grown;
      this.#tailRead = 0;
      this.#tailWrite = unread.length;
    }
    this.#tail.set(this.#chunk.subarray(this.#chunkRead, this.#chunkRead + count), this.#tailWrite);
    this.#tailWrite += count;
    this.#chunkRead += count;
  }

  #dropTail(): void {
    this.#tail = nothing;
    this.#tailRead = 0;
    this.#tailWrite = 0;
  }
}
