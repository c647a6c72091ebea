import {
  decode,
  DecodeError,
  Framer,
  UnsupportedVersionError,
  type Packet,
  type ProtocolVersion,
} from '../../packages/codec/mod.ts';
import type { EngineClient } from '../engine-client.ts';
import { join } from './chance.ts';
import { must } from './target.ts';

const serverPackets = new Set([2, 3, 4, 5, 6, 7, 9, 11, 13, 14]);
/** A CONNECT of an input is not larger. */
const sniffedBytesMax = 16_384;

/** Watches what the engine sends to one client: every byte belongs to a packet that a server may send then. */
export class ConnectionWatch {
  readonly client: EngineClient;
  readonly signs: string[] = [];
  /** How often the engine sent to it. */
  sends = 0;
  readonly #sent: Uint8Array[] = [];
  #sentBytes = 0;
  readonly #framer = new Framer(268_435_460);
  #version: ProtocolVersion = 4;
  #connacks = 0;
  #accepted = false;
  #over = false;
  #maximumPacketSize = Infinity;
  #topicAliasMaximum = 0;
  readonly #aliases = new Set<number>();
  /** Type of the last packet of the client that the test knows of, for the signs. */
  #last = 0;

  constructor(client: EngineClient) {
    this.client = client;
    client.receive = (bytes) => this.#received(bytes);
  }

  /** The client is about to send bytes. */
  sending(bytes: Uint8Array): void {
    this.#last = (bytes[0] ?? 0) >> 4;
    if (this.#sentBytes > sniffedBytesMax) return;
    this.#sentBytes += bytes.length;
    this.#sent.push(bytes);
  }

  #received(bytes: Uint8Array): void {
    this.sends++;
    if (this.#connacks === 0 && bytes[0] === 0x48) {
      // A browser is told in HTTP.
      must(
        new TextDecoder().decode(bytes).startsWith('HTTP/1.1 400 '),
        'sent what is neither MQTT nor a refusal in HTTP',
      );
      this.#over = true;
      return;
    }
    if (this.#connacks === 0) this.#sniff();
    this.#framer.push(bytes.slice());
    while (this.#framer.next()) {
      const { header, buffer, start, bodyStart, end } = this.#framer;
      this.#judge(decode(this.#version, header, buffer, bodyStart, end), end - start);
    }
    this.#framer.release();
    must(this.#framer.bufferedBytes === 0, 'a packet was sent in part');
  }

  #judge(packet: Packet, size: number): void {
    must(!this.#over, 'a packet behind the last one');
    must(serverPackets.has(packet.type), 'a packet that a server does not send');
    must(size <= this.#maximumPacketSize, 'a packet over the Maximum Packet Size of the client');
    const code = 'reasonCode' in packet ? packet.reasonCode : 0;
    if (packet.type === 2) {
      must(++this.#connacks === 1, 'a second CONNACK');
      this.#accepted = code === 0;
      this.#over = !this.#accepted;
      must(this.#accepted || !packet.sessionPresent, 'Session Present in a refusal [MQTT-3.2.2-6]');
    } else must(this.#accepted, 'a packet ahead of CONNACK');
    if (packet.type === 3) this.#judgePublish(packet);
    if (packet.type === 14) {
      must(this.#version === 5, 'DISCONNECT to a client of 3.x');
      this.#over = true;
    }
    const qos = packet.type === 3 ? packet.qos : 0;
    const reasons = 'reasonCodes' in packet ? packet.reasonCodes.join(',') : '';
    this.signs.push(`${this.#version} ${this.#last} > ${packet.type} ${code} ${qos} ${reasons}`);
  }

  #judgePublish({ topic, qos, dup, packetIdentifier, properties }: Extract<Packet, { type: 3 }>): void {
    must(!/[#+]/.test(topic), 'a wildcard in a Topic Name');
    must(qos === 0 ? !dup : packetIdentifier > 0, 'a DUP or an identifier that does not fit the QoS');
    const alias = properties?.topicAlias;
    if (alias === undefined) {
      must(topic !== '', 'an empty Topic Name without an alias');
      return;
    }
    must(alias <= this.#topicAliasMaximum, 'an alias above the Topic Alias Maximum of the client');
    must(topic !== '' || this.#aliases.has(alias), 'an alias that stands for nothing');
    this.#aliases.add(alias);
  }

  /** Reads in the CONNECT what the answers depend on. */
  #sniff(): void {
    const framer = new Framer(1_000_000);
    framer.push(join(...this.#sent));
    if (!framer.next()) return;
    const { header, buffer, bodyStart, end } = framer;
    try {
      const packet = decode(4, header, buffer, bodyStart, end);
      if (packet.type !== 1) return;
      this.#version = packet.version;
      this.#maximumPacketSize = packet.properties?.maximumPacketSize ?? Infinity;
      this.#topicAliasMaximum = packet.properties?.topicAliasMaximum ?? 0;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // Answered in what a client of that level understands.
      const level = buffer[bodyStart + 2 + (((buffer[bodyStart] ?? 0) << 8) | (buffer[bodyStart + 1] ?? 0))] ?? 0;
      const speaks5 = error instanceof UnsupportedVersionError ? error.level >= 5 : (level & 0x7f) === 5;
      this.#version = speaks5 ? 5 : 4;
    }
  }
}
