import { connectPacket, disconnectPacket } from '../packets.ts';
import { hex, RawClient } from '../raw-client.ts';
import type { PartyOptions } from './party.ts';

/** Between two attempts to connect: all clients at once must not take the core that the service starts on. */
const retryMs = 50;
/** A client that hears nothing for so long is broken, or the service is. */
const silenceMs = 120_000;
const sessionExpirySeconds = 3_600;

/** What a client does on its connections. */
export interface RawBehaviour {
  /** CONNACK has come. */
  opened(sessionPresent: boolean, send: (bytes: Uint8Array) => void): void;
  packet(bytes: Uint8Array): void;
}

/** The connections of one client of raw bytes, one after the other. */
export class RawLink {
  readonly #options: PartyOptions;
  readonly #isClean: boolean;
  readonly #behaviour: RawBehaviour;
  readonly complaints: string[] = [];
  isConnected = false;
  sessionsLost = 0;
  #hadSession = false;
  #client: RawClient | null = null;
  #isClosed = false;
  #stay: PromiseWithResolvers<void> | null = null;
  readonly #loop: Promise<void>;

  constructor(options: PartyOptions, isClean: boolean, behaviour: RawBehaviour) {
    this.#options = options;
    this.#isClean = isClean;
    this.#behaviour = behaviour;
    this.#loop = this.#run();
  }

  async leave(): Promise<void> {
    this.#stay ??= Promise.withResolvers();
    await this.#disconnect();
  }

  comeBack(): void {
    this.#stay?.resolve();
    this.#stay = null;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.comeBack();
    await this.#disconnect();
    await this.#loop;
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    client.send(disconnectPacket);
    client.end();
    await client.closed().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      await this.#stay?.promise;
      if (this.#isClosed) return;
      await this.#connectOnce();
    }
  }

  async #connectOnce(): Promise<void> {
    const { place, clientId, version } = this.#options;
    let client: RawClient;
    try {
      client = await RawClient.connect({ transport: 'tls', port: place.port, ca: place.ca });
    } catch {
      // The service is down.
      await Bun.sleep(retryMs);
      return;
    }
    this.#client = client;
    try {
      const { username, password } = place;
      const expiry = version === 5 && !this.#isClean ? { sessionExpirySeconds } : {};
      client.send(
        connectPacket({ version, clientId, username, password, clean: this.#isClean, keepAlive: 0, ...expiry }),
      );
      this.#greeted(await client.nextPacket(silenceMs), client);
      for (;;) this.#behaviour.packet(await client.nextPacket(silenceMs));
    } catch (error) {
      if (!client.isClosed) this.complaints.push(`${clientId}: ${String(error)}`);
    } finally {
      this.#client = null;
      this.isConnected = false;
      await client[Symbol.asyncDispose]();
      this.#options.changed();
    }
  }

  #greeted(connack: Uint8Array, client: RawClient): void {
    if (connack[0] !== 0x20 || connack[3] !== 0) throw new Error(`no good CONNACK: ${hex(connack)}`);
    const sessionPresent = connack[2] === 1;
    if (this.#hadSession && !sessionPresent && !this.#isClean) this.sessionsLost++;
    this.#hadSession = true;
    this.isConnected = true;
    this.#behaviour.opened(sessionPresent, (bytes) => client.send(bytes));
    this.#options.changed();
  }
}
