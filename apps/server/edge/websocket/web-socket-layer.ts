import type { FaultName } from '../../../../packages/faults/mod.ts';
import type { Layer, LayerHost } from '../layer.ts';
import type { EdgeLimits } from '../options.ts';
import { closeFrame, controlFrame } from './control-frame.ts';
import { closeCode, FrameDecoder } from './frame-decoder.ts';
import type { FrameSink } from './frame-decoder.ts';
import { dated, decideUpgrade, refuse } from './upgrade.ts';
import type { UpgradeOutcome } from './upgrade.ts';

const connectPacket = 0x10;
const tlsHandshakeRecord = 0x16;
const endOfHead = '\r\n\r\n';
/** Pings in one piece of what has come that are answered one by one; of more than that the newest stands for the rest. */
const pongsMax = 16;

/** WebSocket on a connection, the server's side: the HTTP upgrade, then frames (RFC 6455). */
export class WebSocketLayer implements Layer, FrameSink {
  readonly #host: LayerHost;
  readonly #limits: EdgeLimits;
  readonly #now: () => Date;
  /** What has come of the upgrade request; null behind it. */
  #head: Buffer | null = Buffer.alloc(0);
  #decoder: FrameDecoder | null = null;
  /** The pongs to the newest pings that are not answered yet. */
  #pongs: Uint8Array[] = [];
  /** - `closing`: our close frame went out first, the peer's is to come. */
  #state: 'frames' | 'closing' | 'closed' = 'frames';

  /** @param now the time that the answer to the upgrade tells. */
  constructor(host: LayerHost, limits: EdgeLimits, now = () => new Date()) {
    this.#host = host;
    this.#limits = limits;
    this.#now = now;
  }

  receive(bytes: Uint8Array): void {
    if (this.#head === null) this.#feed(bytes);
    else this.#readRequest(this.#head, bytes);
  }

  finish(): boolean {
    this.#answerPings();
    if (this.#state === 'frames') {
      this.#state = 'closing';
      this.#host.sendRaw(closeFrame(closeCode.normal));
    }
    return this.#state === 'closing';
  }

  drained(): void {
    this.#answerPings();
  }

  payload(bytes: Uint8Array): void {
    this.#host.deliver(bytes);
  }

  ping(payload: Uint8Array): void {
    if (this.#state !== 'frames') return;
    // Only the newest ping needs an answer (RFC 6455 section 5.5.3), so neither a peer that does not read nor a flood of pings fills memory.
    if (!this.#host.writable) this.#pongs.length = 0;
    else if (this.#pongs.length === pongsMax) this.#pongs.pop();
    this.#pongs.push(controlFrame(0xa, payload));
  }

  close(code: number): void {
    this.#answerPings();
    if (this.#state === 'frames') {
      const echo = code === closeCode.noStatus ? controlFrame(0x8, new Uint8Array()) : closeFrame(code);
      this.#host.sendRaw(echo);
    }
    this.#state = 'closed';
    this.#host.peerFinished();
  }

  violation(code: number, fault: FaultName, detail: string): void {
    this.#answerPings();
    if (this.#state === 'closing') {
      this.#state = 'closed';
      this.#host.peerFinished();
      return;
    }
    this.#state = 'closed';
    this.#host.sendRaw(closeFrame(code));
    this.#host.fail(fault, detail);
  }

  /** Reads frames; pings that came among them are answered behind them, in one piece. */
  #feed(bytes: Uint8Array): void {
    this.#decoder?.feed(bytes);
    this.#answerPings();
  }

  /** Where the peer does not read, they wait for `drained`. */
  #answerPings(): void {
    if (this.#pongs.length === 0 || this.#state !== 'frames' || !this.#host.writable) return;
    const pongs = this.#pongs;
    // First, for sending may say at once that all is sent.
    this.#pongs = [];
    this.#host.sendRaw(Buffer.concat(pongs));
  }

  #readRequest(earlier: Buffer, bytes: Uint8Array): void {
    // Where the end of the head may begin: it can lie across two pieces.
    const from = Math.max(0, earlier.length - endOfHead.length + 1);
    const head = Buffer.concat([earlier, bytes]);
    const first = head[0];
    if (first === connectPacket) {
      this.#host.refuse('port.mqtt-on-websocket', 'MQTT bytes where a WebSocket upgrade was expected', null, null);
      return;
    }
    if (first === tlsHandshakeRecord) {
      this.#host.refuse('port.tls-on-plain', 'a TLS ClientHello on a port without TLS', null, null);
      return;
    }
    if (first !== undefined && (first < 0x41 || first > 0x5a)) {
      this.#decide(refuse(null, 'websocket.bad-request', 400, 'This is not an HTTP request.'));
      return;
    }
    const end = head.indexOf(endOfHead, from, 'latin1');
    // While the end is not there, it may still begin in the last three bytes.
    const endMin = end >= 0 ? end : head.length - endOfHead.length + 1;
    if (endMin > this.#limits.upgradeBytesMax) {
      const sentence = `The request is larger than ${this.#limits.upgradeBytesMax} bytes.`;
      this.#decide(refuse(null, 'websocket.bad-request', 431, sentence));
      return;
    }
    if (end < 0) {
      this.#head = head;
      return;
    }
    if (!this.#decide(decideUpgrade(head.toString('latin1', 0, end)))) return;
    // No Buffer: where its `slice` is a view, that of what the core is given is a copy, which it keeps and gives back.
    const rest = new Uint8Array(head.subarray(end + endOfHead.length));
    if (rest.length > 0) this.#feed(rest);
  }

  /** @returns whether it is WebSocket now. */
  #decide(outcome: UpgradeOutcome): boolean {
    const response = Buffer.from(dated(outcome.response, this.#now()), 'latin1');
    if (outcome.kind === 'refused') {
      this.#host.refuse(outcome.fault, outcome.detail, response, outcome.host);
      return false;
    }
    this.#head = null;
    this.#decoder = new FrameDecoder(this, this.#limits.webSocketMessageBytesMax);
    this.#host.sendRaw(response);
    this.#host.startFraming();
    this.#host.open(outcome.host);
    return true;
  }
}
