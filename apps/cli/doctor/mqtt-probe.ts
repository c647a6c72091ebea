import type { Duplex } from 'node:stream';
import {
  decode,
  DecodeError,
  encode,
  Framer,
  PacketType,
  type AckPacket,
  type ConnackPacket,
  type Packet,
  type ProtocolVersion,
  type PublishPacket,
  type QoS,
  type SubackPacket,
} from '../../../packages/codec/mod.ts';
import { ConnectionError, type Symptom } from '../symptom.ts';

/** What the CONNECT of a probe says. */
export interface ProbeConnect {
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly keepAliveSeconds: number;
  readonly timeoutMs: number;
  /** What carries the connection, for diagnosis. */
  readonly sent: { readonly tls: boolean; readonly serverName: boolean };
}

/** Largest packet that is read; the doctor expects small ones. */
const packetBytesMax = 1024 * 1024;

type Match = (packet: Packet) => boolean;

interface Waiting {
  readonly matches: Match;
  readonly resolve: (packet: Packet) => void;
  readonly reject: (error: ConnectionError) => void;
}

/** One MQTT connection that says and shows each packet. It never reconnects and keeps nothing behind. */
export class MqttProbe {
  /** What the CONNACK said. */
  connack: ConnackPacket = { type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0, properties: null };
  /** From CONNECT to CONNACK. */
  milliseconds = 0;
  /** Settles with what ended the connection. */
  readonly ended: Promise<Symptom>;
  readonly #stream: Duplex;
  readonly #connect: ProbeConnect;
  readonly #framer = new Framer(packetBytesMax);
  readonly #waiting = new Set<Waiting>();
  readonly #end: (symptom: Symptom) => void;
  #symptom: Symptom | null = null;
  #isFirst = true;
  #isOpen = false;
  #lastIdentifier = 0;

  private constructor(stream: Duplex, connect: ProbeConnect) {
    this.#stream = stream;
    this.#connect = connect;
    const { promise, resolve } = Promise.withResolvers<Symptom>();
    this.ended = promise;
    this.#end = resolve;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', (error: Error & { code?: string }) => this.#failed(error));
    stream.on('end', () => this.#finish(this.#closed()));
    stream.on('close', () => this.#finish(this.#closed()));
  }

  /** Sends CONNECT and waits for the answer. @throws ConnectionError where it is refused, or none comes. */
  static async open(stream: Duplex, connect: ProbeConnect): Promise<MqttProbe> {
    const probe = new MqttProbe(stream, connect);
    const start = performance.now();
    probe.#send({
      type: PacketType.CONNECT,
      version: connect.version,
      bridge: false,
      cleanStart: true,
      keepAlive: connect.keepAliveSeconds,
      clientId: connect.clientId,
      will: null,
      username: connect.username,
      password: connect.password === null ? null : new TextEncoder().encode(connect.password),
      properties: null,
    });
    const packet = await probe.#next((one) => one.type === PacketType.CONNACK, connect.timeoutMs, {
      kind: 'timeout',
      stage: 'connack',
    });
    probe.milliseconds = performance.now() - start;
    if (packet.type === PacketType.CONNACK) probe.connack = packet;
    probe.#isOpen = true;
    return probe;
  }

  get version(): ProtocolVersion {
    return this.#connect.version;
  }

  /** @throws ConnectionError where the filter is refused or no SUBACK comes. @returns the granted QoS. */
  async subscribe(topicFilter: string, qos: QoS, timeoutMs: number): Promise<QoS> {
    const packetIdentifier = this.#nextIdentifier();
    const subscription = { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 2 } as const;
    this.#send({ type: PacketType.SUBSCRIBE, packetIdentifier, subscriptions: [subscription], properties: null });
    const suback = (await this.#next(isAnswer(PacketType.SUBACK, packetIdentifier), timeoutMs)) as SubackPacket;
    const code = suback.reasonCodes[0] ?? 0x80;
    if (code < 0x80) return code as QoS;
    const reasonString = suback.properties?.reasonString ?? null;
    throw new ConnectionError({ kind: 'subscribe', version: this.version, code, reasonString, topicFilter });
  }

  /**
   * Publishes and waits for what the QoS promises: nothing (0), PUBACK (1), PUBCOMP (2).
   * @throws ConnectionError where the message is refused (5.0), or the answer does not come.
   */
  async publish(topic: string, payload: Uint8Array, qos: QoS, timeoutMs: number): Promise<void> {
    const packetIdentifier = qos === 0 ? 0 : this.#nextIdentifier();
    const publish: PublishPacket = {
      type: PacketType.PUBLISH,
      dup: false,
      qos,
      retain: false,
      topic,
      packetIdentifier,
      payload,
      properties: null,
    };
    this.#send(publish);
    if (qos === 0) return;
    const first = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC;
    this.#judge((await this.#next(isAnswer(first, packetIdentifier), timeoutMs)) as AckPacket);
    if (qos === 1) return;
    this.#send({ type: PacketType.PUBREL, packetIdentifier, reasonCode: 0, properties: null });
    this.#judge((await this.#next(isAnswer(PacketType.PUBCOMP, packetIdentifier), timeoutMs)) as AckPacket);
  }

  /** The next message with this payload. @throws ConnectionError at the time-out or the end of the connection. */
  async message(payload: Uint8Array, timeoutMs: number): Promise<void> {
    await this.#next(
      (packet) => packet.type === PacketType.PUBLISH && Buffer.compare(packet.payload, payload) === 0,
      timeoutMs,
    );
  }

  /** Sends PINGREQ and waits for the answer. @throws ConnectionError */
  async ping(timeoutMs: number): Promise<void> {
    this.#send({ type: PacketType.PINGREQ });
    await this.#next((packet) => packet.type === PacketType.PINGRESP, timeoutMs);
  }

  /** Says DISCONNECT and closes. */
  close(): void {
    if (this.#symptom === null) this.#send({ type: PacketType.DISCONNECT, reasonCode: 0, properties: null });
    this.#finish(this.#closed());
    this.#stream.end();
    this.#stream.destroy();
  }

  #judge({ reasonCode: code, properties }: AckPacket): void {
    if (code < 0x80) return;
    throw new ConnectionError({ kind: 'publish', code, reasonString: properties?.reasonString ?? null });
  }

  #nextIdentifier(): number {
    this.#lastIdentifier += 1;
    return this.#lastIdentifier;
  }

  #send(packet: Packet): void {
    this.#stream.write(encode(this.version, packet));
  }

  #next(matches: Match, timeoutMs: number, late: Symptom = { kind: 'timeout', stage: 'open' }): Promise<Packet> {
    const { promise, resolve, reject } = Promise.withResolvers<Packet>();
    if (this.#symptom !== null) return Promise.reject(new ConnectionError(this.#symptom));
    const waiting = { matches, resolve, reject };
    this.#waiting.add(waiting);
    const timer = setTimeout(() => reject(new ConnectionError(late)), timeoutMs);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#isFirst) {
      this.#isFirst = false;
      const byte = chunk[0];
      // 0x20 is CONNACK, 0x15 a TLS alert record, 0x48 the "H" of "HTTP/1.1".
      if (byte !== 0x20) {
        this.#finish({ kind: 'foreign', protocol: byte === 0x15 ? 'tls' : byte === 0x48 ? 'http' : 'other' });
        return;
      }
    }
    try {
      this.#framer.push(chunk);
      while (this.#symptom === null && this.#framer.next()) {
        const { header, buffer, bodyStart, end } = this.#framer;
        this.#handle(decode(this.#versionOf(header, end - bodyStart), header, buffer, bodyStart, end));
      }
      this.#framer.release();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#finish({ kind: 'foreign', protocol: 'other' });
    }
  }

  /** A server without 5.0 answers a CONNECT of 5.0 with the CONNACK of 3.1.1: two bytes, no properties. */
  #versionOf(header: number, length: number): ProtocolVersion {
    return header >> 4 === PacketType.CONNACK && length === 2 ? 4 : this.version;
  }

  #handle(packet: Packet): void {
    if (packet.type === PacketType.CONNACK && packet.reasonCode !== 0) {
      this.#finish(this.#refused(packet));
      return;
    }
    if (packet.type === PacketType.DISCONNECT) {
      this.#finish({
        kind: 'disconnect',
        code: packet.reasonCode,
        reasonString: packet.properties?.reasonString ?? null,
      });
      return;
    }
    if (packet.type === PacketType.PUBLISH && packet.qos > 0) {
      const type = packet.qos === 1 ? PacketType.PUBACK : PacketType.PUBREC;
      this.#send({ type, packetIdentifier: packet.packetIdentifier, reasonCode: 0, properties: null });
    }
    if (packet.type === PacketType.PUBREL) {
      const { packetIdentifier } = packet;
      this.#send({ type: PacketType.PUBCOMP, packetIdentifier, reasonCode: 0, properties: null });
    }
    for (const waiting of this.#waiting) if (waiting.matches(packet)) waiting.resolve(packet);
  }

  #refused({ reasonCode: code, properties }: ConnackPacket): Symptom {
    const { username, sent, version } = this.#connect;
    return {
      kind: 'connack',
      // A code below 0x80 is a return code of 3.x, whatever was asked.
      version: code < 0x80 && version === 5 ? 4 : version,
      code,
      reasonString: properties?.reasonString ?? null,
      sent: { username: username !== null, ...sent },
    };
  }

  #closed(): Symptom {
    return { kind: 'closed', stage: this.#isOpen ? 'open' : 'connack', tls: this.#connect.sent.tls };
  }

  #failed(error: Error & { code?: string }): void {
    if (error instanceof ConnectionError) {
      this.#finish(error.symptom);
      return;
    }
    const { code = 'unknown', message } = error;
    const stage = this.#isOpen ? 'open' : 'connack';
    this.#finish({ kind: 'system', code, stage, message, sent: this.#connect.sent });
  }

  /** The first symptom counts: what follows is its consequence. */
  #finish(symptom: Symptom): void {
    if (this.#symptom !== null) return;
    this.#symptom = symptom;
    const error = new ConnectionError(symptom);
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#end(symptom);
    if (symptom.kind !== 'closed') this.#stream.destroy();
  }
}

function isAnswer(type: number, packetIdentifier: number): Match {
  return (packet) =>
    packet.type === type && 'packetIdentifier' in packet && packet.packetIdentifier === packetIdentifier;
}
