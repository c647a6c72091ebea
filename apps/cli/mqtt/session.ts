import {
  MqttClient,
  type IClientPublishOptions,
  type IPublishPacket,
  type IClientSubscribeOptions,
  type Packet,
} from 'mqtt';
import type { Duplex } from 'node:stream';
import { ConnectionError, type Stage, type Symptom } from '../symptom.ts';
import { clientOptionsOf, type ConnectionSettings } from './settings.ts';
import { usesTls } from './target.ts';
import { openTransport, serverNameOf } from './transport.ts';

/** The CONNACK that accepted, as far as people are told. */
export interface Accepted {
  readonly sessionPresent: boolean;
  /** The client identifier in use, which the server may have chosen. */
  readonly clientId: string;
}

/** One connection to an MQTT server, from CONNECT to the end. Never reconnects. */
export class Session {
  /** Settles when the connection is over: null after `close`, else what ended it. Never rejects. */
  readonly ended: Promise<ConnectionError | null>;
  readonly #client: MqttClient;
  readonly #settings: ConnectionSettings;
  #accepted: Accepted | null = null;
  #symptom: Symptom | null = null;
  #isClosing = false;

  private constructor(stream: Duplex, settings: ConnectionSettings) {
    this.#settings = settings;
    this.#client = new MqttClient(() => stream, clientOptionsOf(settings));
    // Before MQTT.js sees the bytes: it would only say that they are malformed.
    stream.prependOnceListener('data', (chunk: Buffer) => this.#checkFirstByte(chunk[0]));
    stream.on('error', (error) => this.#noticeError(error));
    this.#client.on('error', (error) => this.#noticeError(error));
    this.#client.on('packetreceive', (packet) => this.#noticePacket(packet));
    this.ended = new Promise((resolve) => {
      this.#client.once('close', () =>
        resolve(this.#isClosing ? null : new ConnectionError(this.#symptom ?? this.#closed())),
      );
    });
  }

  /**
   * Connects and logs in.
   * @param onMessage called for every message, one after the other, from the first one on: a resumed session may deliver
   *   right behind CONNACK. A message is acknowledged when the promise resolves, and nothing is read meanwhile.
   * @throws ConnectionError
   */
  static async open(
    settings: ConnectionSettings,
    onMessage: (message: IPublishPacket) => Promise<void> = () => Promise.resolve(),
  ): Promise<Session> {
    const subprotocol = settings.version === 3 ? 'mqttv3.1' : 'mqtt';
    const stream = await openTransport(settings.target, settings.tls, subprotocol, settings.connectTimeoutMs);
    const session = new Session(stream, settings);
    session.#client.handleMessage = (packet, done) => {
      onMessage(packet).then(() => done(), done);
    };
    const connected = new Promise<null>((resolve) => session.#client.once('connect', () => resolve(null)));
    const failure = await Promise.race([connected, session.ended]);
    if (failure !== null) throw failure;
    return session;
  }

  /** What CONNACK said. */
  get accepted(): Accepted {
    if (this.#accepted === null) throw new Error('not connected yet');
    return this.#accepted;
  }

  /**
   * Publishes and waits for what the QoS promises: written (0), PUBACK (1), PUBCOMP (2).
   * @throws ConnectionError where the server refused the message (5.0) or the connection ended first.
   */
  async publish(topic: string, payload: Buffer, options: IClientPublishOptions): Promise<void> {
    await this.#untilEnd(
      new Promise<void>((resolve, reject) => {
        this.#client.publish(topic, payload, options, (error, packet) => {
          if (error) reject(publishFailure(error, packet));
          else resolve();
        });
      }),
    );
  }

  /**
   * Subscribes to all filters in one SUBSCRIBE, with the same options.
   * @returns the granted QoS of each filter, in order.
   * @throws ConnectionError for the first filter that was refused.
   */
  subscribe(filters: readonly string[], options: IClientSubscribeOptions): Promise<readonly number[]> {
    return this.#untilEnd(
      new Promise((resolve, reject) => {
        this.#client.subscribe([...filters], options, (error, _granted, packet) => {
          const codes = (packet?.granted ?? []) as number[];
          const refused = codes.findIndex((code) => code >= 0x80);
          if (refused !== -1) {
            reject(
              new ConnectionError({
                kind: 'subscribe',
                version: this.#settings.version,
                code: codes[refused] ?? 0x80,
                reasonString: packet?.properties?.reasonString ?? null,
                topicFilter: filters[refused] ?? '',
              }),
            );
          } else if (error) reject(error);
          else resolve(codes);
        });
      }),
    );
  }

  /** Sends DISCONNECT and closes. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#client.end(false);
    // A server that does not close its side must not hold us.
    const timer = setTimeout(() => this.#client.stream.destroy(), 2000);
    await this.ended;
    clearTimeout(timer);
  }

  /** Drops the connection without DISCONNECT, so that a will is published. */
  abort(): void {
    this.#isClosing = true;
    this.#client.end(true);
    this.#client.stream.destroy();
  }

  #untilEnd<T>(work: Promise<T>): Promise<T> {
    const ended = this.ended.then((failure) => {
      throw failure ?? new ConnectionError({ kind: 'closed', stage: 'open', tls: this.#usesTls });
    });
    // The loser of the race must not become an unhandled rejection.
    ended.catch(() => {});
    work.catch(() => {});
    return Promise.race([work, ended]);
  }

  get #usesTls(): boolean {
    return usesTls(this.#settings.target.scheme);
  }

  get #sent(): { tls: boolean; serverName: boolean } {
    return { tls: this.#usesTls, serverName: serverNameOf(this.#settings.target, this.#settings.tls) !== null };
  }

  get #stage(): Stage {
    return this.#accepted === null ? 'connack' : 'open';
  }

  #closed(): Symptom {
    return { kind: 'closed', stage: this.#stage, tls: this.#usesTls };
  }

  /** The first symptom counts: what follows is its consequence. */
  #notice(symptom: Symptom): void {
    this.#symptom ??= symptom;
  }

  #checkFirstByte(byte: number | undefined): void {
    if (byte === 0x20) return;
    // 0x15 is a TLS alert record, 0x48 the "H" of "HTTP/1.1".
    this.#notice({ kind: 'foreign', protocol: byte === 0x15 ? 'tls' : byte === 0x48 ? 'http' : 'other' });
    this.#client.stream.destroy();
  }

  #noticeError(error: Error & { code?: unknown }): void {
    if (error instanceof ConnectionError) this.#notice(error.symptom);
    else if (error.message === 'connack timeout') this.#notice({ kind: 'timeout', stage: 'connack' });
    else if (error.message === 'Keepalive timeout') this.#notice({ kind: 'timeout', stage: 'open' });
    else if (typeof error.code === 'string') {
      this.#notice({ kind: 'system', code: error.code, stage: this.#stage, message: error.message, sent: this.#sent });
    } else if (this.#symptom === null) {
      // What the parser of MQTT.js cannot read, and breaches of the protocol that it notices.
      this.#notice({ kind: 'foreign', protocol: 'other' });
      this.#client.stream.destroy();
    }
  }

  #noticePacket(packet: Packet): void {
    if (packet.cmd === 'disconnect') {
      this.#notice({
        kind: 'disconnect',
        code: packet.reasonCode ?? 0,
        reasonString: packet.properties?.reasonString ?? null,
      });
    }
    if (packet.cmd !== 'connack') return;
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    if (code === 0) {
      const assigned = packet.properties?.assignedClientIdentifier;
      this.#accepted = { sessionPresent: packet.sessionPresent, clientId: assigned ?? this.#settings.clientId };
      return;
    }
    this.#notice({
      kind: 'connack',
      version: this.#settings.version,
      code,
      reasonString: packet.properties?.reasonString ?? null,
      sent: { ...this.#sent, username: this.#settings.username !== null },
    });
  }
}

function publishFailure(error: Error & { code?: unknown }, packet: Packet | undefined): Error {
  if (typeof error.code !== 'number') return error;
  const properties = packet !== undefined && 'properties' in packet ? packet.properties : undefined;
  const reasonString = (properties as { reasonString?: string } | undefined)?.reasonString ?? null;
  return new ConnectionError({ kind: 'publish', code: error.code, reasonString }, { cause: error });
}
