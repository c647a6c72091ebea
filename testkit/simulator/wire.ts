import { decode, Framer, PacketType, type Packet, type ProtocolVersion } from '../../packages/codec/mod.ts';
import type { ConnectionId } from '../../packages/engine/ids.ts';
import type { DeviceProfile } from './scenario.ts';
import { demand, Violation } from './violation.ts';

/** A packet that the engine has sent. */
export interface SentPacket {
  readonly packet: Packet;
  /** With its fixed header. */
  readonly byteLength: number;
  /** Position in the stream behind it. */
  readonly end: number;
  /** When it was made at the earliest: it may have waited for the disk. */
  readonly madeAt: number;
}

/**
 * One network connection: bytes on their way up to the engine, and packets on their way down. Everything the engine sends
 * is parsed as it is sent, so that a wrong byte is found even where it never arrives.
 */
export class Wire {
  readonly id: ConnectionId;
  readonly profile: DeviceProfile;
  readonly version: ProtocolVersion;
  /** What the network takes off the engine's hands; more than that stays buffered in the edge. */
  window: number;
  /** The engine has asked not to be given more. */
  paused = false;
  /** What the engine has asked for, and when. */
  ending: { readonly how: 'end' | 'abort'; readonly at: number } | null = null;
  /** The engine was told that it is over. */
  isOver = false;
  /** The device has closed its side, or both lost each other. */
  deviceGone: 'closed' | 'lost' | 'silent' | null = null;
  /** When the device fell silent. */
  silentSince = 0;
  /** What the engine knows to be buffered. */
  answered = 0;
  /** Of the CONNECT that went up on it. */
  cleanStart = false;
  expirySeconds = 0;
  /** The device has sent DISCONNECT: its reason code, and the Session Expiry Interval in it. */
  goodbye: { readonly reasonCode: number; readonly expirySeconds: number | null } | null = null;
  /** The engine has said that it was accepted. */
  isAccepted = false;
  /** A session was made for it: there was none, or it was discarded. */
  hasNewSession = false;
  readonly #framer = new Framer(268_435_460);
  #up = new Uint8Array(0);
  readonly #down: SentPacket[] = [];
  #sentBytes = 0;
  #readBytes = 0;

  /** How often the service had been killed when it was opened. */
  readonly crashes: number;

  constructor(id: ConnectionId, profile: DeviceProfile, window: number, crashes: number) {
    this.id = id;
    this.profile = profile;
    this.version = profile.version;
    this.window = window;
    this.crashes = crashes;
  }

  /** Bytes on their way to the engine. */
  get upBytes(): number {
    return this.#up.byteLength;
  }

  /** Bytes that the engine has sent and the device has not read. */
  get downBytes(): number {
    return this.#sentBytes - this.#readBytes;
  }

  /** What waits in the edge, beyond what the network has taken. */
  get bufferedBytes(): number {
    return this.ending?.how === 'abort' || this.isOver ? 0 : Math.max(0, this.downBytes - this.window);
  }

  /** The device sends. */
  send(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#up.byteLength + bytes.byteLength);
    all.set(this.#up);
    all.set(bytes, this.#up.byteLength);
    this.#up = all;
  }

  takeUp(count: number): Uint8Array {
    const taken = this.#up.slice(0, count);
    this.#up = this.#up.slice(count);
    return taken;
  }

  /** Only so many of the bytes on their way up still arrive. */
  cutUp(count: number): void {
    this.#up = this.#up.slice(0, count);
  }

  /** The engine sends. @param madeAt when it made the packets at the earliest. */
  receive(bytes: Uint8Array, madeAt: number): void {
    this.#framer.push(bytes.slice());
    try {
      while (this.#framer.next()) {
        const { header, buffer, start, bodyStart, end } = this.#framer;
        const packet = decode(this.version, header, buffer, bodyStart, end);
        this.#sentBytes += end - start;
        this.#down.push({ packet, byteLength: end - start, end: this.#sentBytes, madeAt });
        this.#judge(packet, end - start);
      }
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Violation('every packet is valid', `${String(error)} in ${Buffer.from(bytes).toString('hex')}`);
    }
    this.#framer.release();
  }

  #judge(packet: Packet, byteLength: number): void {
    const { version, profile } = this;
    const first = this.#down.length === 1 && this.#readBytes === 0 && this.#sentBytes === byteLength;
    demand(
      first === (packet.type === PacketType.CONNACK),
      'CONNACK comes first, and once',
      () => `type ${packet.type}`,
    );
    demand(
      version === 5 || (packet.type !== PacketType.DISCONNECT && packet.type !== PacketType.AUTH),
      'no packet of 5.0 in 3.x',
      () => `type ${packet.type}`,
    );
    const most = profile.maximumPacketSize;
    demand(most === null || byteLength <= most, 'Maximum Packet Size of the client', () => `${byteLength} > ${most}`);
  }

  /** The device reads so many bytes. @returns the packets that are complete with them. */
  read(count: number): SentPacket[] {
    this.#readBytes = Math.min(this.#sentBytes, this.#readBytes + count);
    let complete = 0;
    while (complete < this.#down.length && (this.#down[complete]?.end ?? 0) <= this.#readBytes) complete++;
    return this.#down.splice(0, complete);
  }

  /** Whether the device has read a part of a packet. */
  get isMidPacket(): boolean {
    const next = this.#down[0];
    return next !== undefined && this.#readBytes > next.end - next.byteLength;
  }

  /** Of what was sent, only so many more bytes arrive. */
  cutDown(count: number): void {
    this.#sentBytes = Math.min(this.#sentBytes, this.#readBytes + count);
    while ((this.#down.at(-1)?.end ?? 0) > this.#sentBytes) this.#down.pop();
  }
}
