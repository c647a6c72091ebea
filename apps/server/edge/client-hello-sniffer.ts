import type { Layer, LayerHost } from './layer.ts';

/** ContentType handshake, and the major version of all TLS records (RFC 8446 section 5.1). */
const handshakeRecord = 0x16;
const recordVersionMajor = 0x03;

/** Looks at the first two bytes on a port without TLS, then steps aside. A TLS client is named as what it is. */
export class ClientHelloSniffer implements Layer {
  readonly #host: LayerHost;
  readonly #done: () => void;
  /** The first byte came alone and could begin a TLS record. */
  #held = false;

  /** @param done called when nothing is left to look for. */
  constructor(host: LayerHost, done: () => void) {
    this.#host = host;
    this.#done = done;
  }

  receive(bytes: Uint8Array): void {
    if (!this.#held && bytes[0] === handshakeRecord && bytes.length === 1) {
      this.#held = true;
      return;
    }
    const second = this.#held ? bytes[0] : bytes[1];
    if ((this.#held || bytes[0] === handshakeRecord) && second === recordVersionMajor) {
      this.#host.fail('port.tls-on-plain', 'a TLS ClientHello on a port without TLS');
      return;
    }
    this.#done();
    if (this.#held) this.#host.deliver(Uint8Array.of(handshakeRecord));
    this.#host.deliver(bytes);
  }

  finish(): boolean {
    return false;
  }

  drained(): void {
    // Sends nothing of its own.
  }
}
