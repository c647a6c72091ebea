import type { Socket } from 'bun';
import type { ConnectionId, DeploymentId } from '../../../packages/engine/ids.ts';
import type { CloseCause, ListenerKind } from '../../../packages/engine/ports.ts';
import type { FaultName } from '../../../packages/faults/mod.ts';
import { ClientHelloSniffer } from './client-hello-sniffer.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { GateVisitor } from './handshake-gate.ts';
import type { Layer, LayerHost } from './layer.ts';
import { plainAddress, plainName } from './peer-names.ts';
import type { Phase } from './phase.ts';
import { RecordBudget } from './record-budget.ts';
import { SendBuffer } from './send-buffer.ts';
import { acknowledgeNow, hasPeerClosed, peekBytes, peerOf, tcpKeepAliveSeconds } from './socket-options.ts';
import { alertFault, handshakeFault } from './tls-fault.ts';
import { WebSocketLayer } from './websocket/web-socket-layer.ts';

/** What is buffered above this leaves at once instead of at the end of the turn. */
const flushBytes = 64 * 1024;
/** An answer of `send` from this on may stop the core (its smallest limit): `drained` has to say when it has fallen. */
const tellingBytes = 16 * 1024;

/** One connection of any listener: its phases, its buffer and its back-pressure. */
export class Connection implements GateVisitor, LayerHost {
  readonly listener: ListenerKind;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Given when the connection opens. */
  id: ConnectionId | null = null;
  /** Time at which `expired` is due, while the edge watches. */
  deadline = 0;
  pace: GateVisitor['pace'] = null;
  /** SNI; null where there is none, undefined until it is known. */
  serverName: string | null | undefined = undefined;
  /** Whether `flush` is due at the end of this turn. */
  flushRequested = false;

  readonly #host: ConnectionHost;
  readonly #socket: Socket<Connection>;
  readonly #deployment: DeploymentId | null;
  readonly #buffer = new SendBuffer();
  #phase: Phase;
  #layer: Layer | null = null;
  /** When it was accepted; if it had to wait for its handshake, when its turn came. */
  startedAt: number;
  #firstByte: number | null = null;
  /** Something has come for the core. */
  #spoken = false;
  #tlsVersion: string | null = null;
  /** The socket took less than it was given; `drain` will come. */
  #blocked = false;
  /** Made when it is first asked. */
  #records: RecordBudget | null = null;
  #paused = false;
  /** What `drained` said last while bytes wait; 0 when nothing was said. */
  #toldBytes = 0;
  /** `send` has answered with so much that the end of it has to be told, even where one flush takes all. */
  #answeredMany = false;
  /** Why it ends, as soon as that is known. */
  #cause: CloseCause | null = null;

  constructor(
    host: ConnectionHost,
    socket: Socket<Connection>,
    listener: ListenerKind,
    deployment: DeploymentId | null,
  ) {
    this.#host = host;
    this.#socket = socket;
    this.#deployment = deployment;
    this.listener = listener;
    const peer = peerOf(socket);
    this.remoteAddress = plainAddress(peer.address);
    this.remotePort = peer.port;
    this.startedAt = host.now();
    this.#phase = 'waiting';
  }

  /** Bytes that are not sent yet. */
  get bufferedBytes(): number {
    return this.#buffer.byteLength;
  }

  get writable(): boolean {
    return !this.#blocked;
  }

  // What the listener does with it.

  /**
   * Begins the TLS handshake, or waits for its turn, at the pace: the socket is not read until then.
   * @param firstByte what has come already; null where nothing has.
   */
  startTls(firstByte: number | null): void {
    if (this.#host.gate.enter(this)) return this.#beginHandshake(firstByte);
    this.#paused = true;
    this.#socket.pause();
    this.#watchFor(this.#host.limits.handshakeTimeoutMs);
  }

  /** A socket that is not read does not say that its peer has closed. */
  get isAbandoned(): boolean {
    return hasPeerClosed(this.#socket);
  }

  abandon(): void {
    this.cut({ kind: 'peer' });
  }

  /** Its turn has come after all; more may have come meanwhile. */
  startHandshake(): void {
    this.#beginHandshake(peekBytes(this.#socket)[0] ?? null);
    this.resume();
  }

  /** There is no TLS, or it is done. */
  startStream(): void {
    if (this.listener === 'wss' || this.listener === 'ws') {
      if (this.#phase === 'waiting') this.#watchFor(this.#host.limits.handshakeTimeoutMs);
      this.#phase = 'upgrading';
      this.#layer = new WebSocketLayer(this, this.#host.limits);
      return;
    }
    if (this.listener === 'mqtt') {
      this.#layer = new ClientHelloSniffer(this, () => {
        this.#layer = null;
      });
    }
    this.open(null);
  }

  /** Closes it before anything was read. */
  turnAway(fault: FaultName, detail: string): void {
    this.#report(fault, detail, null);
    this.#phase = 'lingering';
    this.cut({ kind: 'local' });
  }

  // What the socket tells.

  handshaken(succeeded: boolean, error: Error | null): void {
    if (this.#phase !== 'handshaking') return;
    this.#host.gate.leave(this);
    this.#readTls(succeeded);
    if (!succeeded) {
      const { fault, detail } = handshakeFault(error, this.#firstByte, this.#tlsVersion !== null);
      this.#report(fault, detail, null);
      // The alert is sent and Bun closes the socket; a reset from here could overtake the alert.
      this.#phase = 'lingering';
      this.#cause = { kind: 'local' };
      this.#watchFor(this.#host.limits.lingerMs);
      return;
    }
    this.#host.requestTurnEnd(this);
    this.startStream();
  }

  /**
   * The turn in which its handshake ended is about to be flushed. What leaves now acknowledges what has come: CONNACK, where CONNECT came
   * together with the end of the handshake. Where nothing leaves, the client may be waiting for an acknowledgement before it sends on.
   * That it comes no earlier costs nothing: what the client sends then could not be read before the next turn.
   */
  handshakeTurnEnded(): void {
    if (this.#phase !== 'open' && this.#phase !== 'upgrading') return;
    if (this.#buffer.byteLength === 0) acknowledgeNow(this.#socket);
  }

  received(bytes: Uint8Array): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return;
    if (this.#layer === null) this.deliver(bytes);
    else this.#layer.receive(bytes);
  }

  drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.flush();
    if (!this.#blocked) this.#layer?.drained();
  }

  peerEnded(): void {
    this.#cause ??= { kind: 'peer' };
  }

  failed(error: Error): void {
    const seen = alertFault(error);
    this.#cause ??= seen === null ? { kind: 'lost', detail: error.message } : { kind: 'fault', ...seen };
  }

  socketClosed(error: Error | undefined): void {
    const phase = this.#phase;
    this.#phase = 'closed';
    this.#buffer.clear();
    this.#host.unwatch(this);
    if (phase === 'waiting') this.#host.gate.giveUp(this);
    if (phase === 'handshaking') this.#host.gate.leave(this);
    if (phase === 'waiting' || phase === 'handshaking') {
      this.#report('tls.cut', 'the peer closed or reset the connection before the end of the TLS handshake', null);
    } else if (phase === 'upgrading') {
      this.#report('websocket.bad-request', 'the peer closed before the end of the upgrade request', null);
    }
    this.#cause ??= { kind: 'lost', detail: error?.message ?? 'the connection broke' };
    this.#host.gone(this, this.#cause);
  }

  // What the core does with it.

  /** Sends the bytes from `start` to `end`. @returns bytes that wait now. */
  send(bytes: Uint8Array, start: number, end: number): number {
    if (this.#phase !== 'open' || start === end) return this.#buffer.byteLength;
    const mayStart = !this.#blocked && this.#buffer.byteLength > 0 && this.listener === 'mqtts';
    if (mayStart && (this.#records ??= new RecordBudget()).take(this.#host.second)) this.#write();
    this.#buffer.append(bytes, start, end);
    if (!this.#blocked) {
      this.#host.requestFlush(this);
      if (this.#buffer.byteLength >= flushBytes) this.#write();
    }
    // The answer tells it, so `drained` has to tell when it falls below that.
    if (this.#toldBytes !== 0) this.#toldBytes = this.#buffer.byteLength;
    else if (this.#buffer.byteLength >= tellingBytes) this.#answeredMany = true;
    if (this.#buffer.byteLength > this.#host.limits.bufferBytesMax) {
      this.cut({ kind: 'fault', fault: 'limit.outbound-buffer', detail: `${this.#buffer.byteLength} bytes unsent` });
    }
    return this.#buffer.byteLength;
  }

  /** Writes what waits, as far as the socket takes it. */
  flush(): void {
    if (this.#phase === 'closed') return;
    this.#write();
    const waiting = this.#buffer.byteLength;
    if (this.#phase === 'ending' && waiting === 0) this.#finish();
    if (this.#phase !== 'open' || this.id === null) return;
    const told = this.#toldBytes;
    if (waiting === 0 ? told === 0 && !this.#answeredMany : told !== 0 && waiting >= told) return;
    this.#answeredMany = false;
    this.#toldBytes = waiting;
    this.#host.requestTurn();
    this.#host.input.drained(this.id, waiting);
  }

  /** Sends what is buffered, then closes in order. */
  end(cause: CloseCause): void {
    if (this.#phase === 'open') this.#beginEnd(cause);
  }

  /** Closes at once. */
  cut(cause: CloseCause): void {
    if (this.#phase === 'closed') return;
    this.#cause ??= cause;
    this.#socket.terminate();
  }

  pause(): void {
    if (this.#paused || this.#phase !== 'open') return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.#phase === 'waiting') return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** The deadline has passed. */
  expired(): void {
    const afterMs = this.#host.limits.handshakeTimeoutMs;
    if (this.#phase === 'waiting') {
      this.#host.gate.giveUp(this);
      this.turnAway('server.busy', `waited ${afterMs} ms for its turn in the TLS handshake`);
    } else if (this.#phase === 'handshaking') {
      this.#host.gate.leave(this);
      this.turnAway('tls.timeout', `the TLS handshake did not end within ${afterMs} ms`);
    } else if (this.#phase === 'upgrading') {
      this.turnAway('websocket.bad-request', `no complete upgrade request within ${afterMs} ms`);
    } else {
      this.cut({ kind: 'local' });
    }
  }

  // What its layer does with it.

  open(host: string | null): void {
    this.#phase = 'open';
    this.#host.unwatch(this);
    if (!this.#host.keepAliveComes) this.#socket.setKeepAlive(true, tcpKeepAliveSeconds * 1000);
    this.id = this.#host.register(this);
    this.#host.requestTurn();
    this.#host.input.opened(this.id, {
      listener: this.listener,
      deployment: this.#deployment,
      serverName: this.serverName ?? null,
      host,
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      tlsVersion: this.#tlsVersion,
      acceptedAt: this.startedAt,
    });
  }

  deliver(bytes: Uint8Array): void {
    if (this.#phase !== 'open' || this.id === null) return;
    if (this.#spoken) this.#host.gate.served();
    else this.#spoken = true;
    this.#host.requestTurn();
    this.#host.input.data(this.id, bytes);
  }

  sendRaw(bytes: Uint8Array): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return;
    this.#buffer.appendRaw(bytes);
    this.#host.requestFlush(this);
  }

  startFraming(): void {
    this.#buffer.startFraming();
  }

  refuse(fault: FaultName, detail: string, response: Uint8Array | null, host: string | null): void {
    this.#report(fault, detail, host);
    if (response !== null) this.sendRaw(response);
    this.#layer = null;
    this.#beginEnd({ kind: 'local' });
  }

  fail(fault: FaultName, detail: string): void {
    this.end({ kind: 'fault', fault, detail });
  }

  peerFinished(): void {
    this.#layer = null;
    if (this.#phase === 'open') this.#beginEnd({ kind: 'peer' });
    else this.#host.requestFlush(this);
  }

  #beginHandshake(firstByte: number | null): void {
    this.#phase = 'handshaking';
    this.startedAt = this.#host.now();
    this.#firstByte = firstByte;
    this.#watchFor(this.#host.limits.handshakeTimeoutMs);
  }

  #beginEnd(cause: CloseCause): void {
    this.#phase = 'ending';
    this.#cause ??= cause;
    this.#watchFor(this.#host.limits.lingerMs);
    this.resume();
    this.#host.requestFlush(this);
  }

  #write(): void {
    while (!this.#blocked) {
      const chunk = this.#buffer.next();
      if (chunk === null) return;
      const { memory, start, end } = chunk;
      const taken = this.#socket.write(memory, start, end - start);
      // -1: the socket is closed, and says so soon.
      this.#buffer.consume(Math.max(0, taken));
      this.#blocked = taken < end - start;
    }
  }

  /** All is sent: tells the peer, and waits for it to close. */
  #finish(): void {
    if (this.#layer?.finish() === true) return this.#write();
    this.#phase = 'lingering';
    // Sends close_notify where there is TLS, and FIN; still reads, so that bytes on their way do not cause a reset.
    this.#socket.shutdown();
  }

  /** What the handshake has settled so far: the version once ServerHello and certificate are on their way. */
  #readTls(succeeded: boolean): void {
    this.serverName ??= plainName(this.#socket.getServername());
    // Where it failed, and without a cipher, the version is only what the server would offer.
    const cipher = succeeded ? null : (this.#socket.getCipher() as { name: string | null } | undefined);
    if (cipher === null || typeof cipher?.name === 'string') this.#tlsVersion = this.#socket.getTLSVersion();
  }

  #watchFor(milliseconds: number): void {
    this.deadline = this.#host.now() + milliseconds;
    this.#host.watch(this);
  }

  #report(fault: FaultName, detail: string, host: string | null): void {
    this.#host.report({
      at: this.#host.now(),
      listener: this.listener,
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      serverName: this.serverName ?? null,
      host,
      tlsVersion: this.#tlsVersion,
      fault,
      detail,
    });
  }
}
