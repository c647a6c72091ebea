import type { Socket, SocketHandler } from 'bun';
import type { ConnectionId, DeploymentId } from '../../../packages/engine/ids.ts';
import type { ListenerKind, Outbox } from '../../../packages/engine/ports.ts';
import { giveBack } from '../../../packages/engine/give-back.ts';
import { bind } from './bind.ts';
import type { Certificate } from './certificate.ts';
import { readServerName } from './client-hello.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { Deadlines } from './deadlines.ts';
import { HandshakeGate } from './handshake-gate.ts';
import type { EdgeListener } from './listener.ts';
import type { EdgeLimits, EdgeOptions } from './options.ts';
import { plainName } from './peer-names.ts';
import { acceptWithKeepAlive, peekBytes } from './socket-options.ts';
import { TlsListener } from './tls-listener.ts';
import { Turn } from './turn.ts';

/** All sockets that devices connect to: bytes in, bytes out, back-pressure. Knows no packet of MQTT. */
export class Edge implements Outbox {
  readonly #options: EdgeOptions;
  readonly #limits: { -readonly [Name in keyof EdgeLimits]: EdgeLimits[Name] };
  #turnedAway = 0;
  readonly #turn: Turn;
  readonly #deadlines: Deadlines<Connection>;
  readonly #gate: HandshakeGate;
  readonly #host: ConnectionHost;
  /** All sockets, whether the core knows them or not. */
  readonly #sockets = new Set<Connection>();
  /** Those that the core knows. */
  readonly #open = new Map<ConnectionId, Connection>();
  readonly #tlsListeners = new Set<TlsListener>();
  readonly #plainListeners = new Set<EdgeListener>();
  /** Those whose handshake ended in this turn. */
  readonly #handshaken: Connection[] = [];
  #lastId = 0;
  #second = 0;
  /** False as soon as one listener has not taken the setting: then each connection gets its own. */
  #keepAliveComes = true;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#limits = { ...options.limits };
    this.#turn = new Turn({
      closed: (connection, cause) => options.input.closed(connection, cause),
      beforeFlush: () => {
        const now = options.now();
        this.#gate.turnEnded(now);
        this.#second = Math.floor(now / 1000);
        options.beforeFlush();
        for (const connection of this.#handshaken) connection.handshakeTurnEnded();
        this.#handshaken.length = 0;
      },
    });
    this.#deadlines = new Deadlines(() => options.now());
    this.#gate = new HandshakeGate(
      options.limits.handshakesPerAddress,
      () => this.#turn.request(),
      () => options.now(),
      (milliseconds, run) => void setTimeout(run, milliseconds),
    );
    this.#host = this.#connectionHost();
  }

  /** Connections that the core knows. */
  get connectionCount(): number {
    return this.#open.size;
  }

  /** TLS handshakes in flight. */
  get handshakeCount(): number {
    return this.#gate.inFlight;
  }

  /** Connections that were turned away because too many were open, until now. */
  get turnedAwayCount(): number {
    return this.#turnedAway;
  }

  /** Handshakes that had to wait for others of their address, until now. */
  get delayedHandshakeCount(): number {
    return this.#gate.delayed;
  }

  /** Handshakes that waited for the pace of their deployment, until now. */
  get pacedHandshakeCount(): number {
    return this.#gate.paced;
  }

  /** Changes limits while it runs. Connections that are open stay. */
  setLimits(limits: Partial<EdgeLimits>): void {
    Object.assign(this.#limits, limits);
    if (limits.handshakesPerAddress !== undefined) this.#gate.setPerAddressMax(limits.handshakesPerAddress);
  }

  /**
   * Listens with TLS 1.2 and 1.3. Port 0 takes a free one; `::` is all interfaces.
   * @throws PortInUseError, or the error of the system or of the TLS library.
   */
  listenTls(kind: 'mqtts' | 'wss', hostname: string, port: number, certificate: Certificate): EdgeListener {
    const socket = this.#handler(kind, null);
    const { sessionTickets } = this.#options;
    const listener = new TlsListener(kind, { hostname, port }, socket, { certificate, sessionTickets }, (closed) => {
      this.#tlsListeners.delete(closed);
    });
    this.#tlsListeners.add(listener);
    this.#keepAliveComes &&= listener.keepAliveComes;
    return listener;
  }

  /**
   * Listens without TLS, for one deployment.
   * @throws PortInUseError, or the error of the system.
   */
  listenPlain(kind: 'mqtt' | 'ws', hostname: string, port: number, deployment: DeploymentId): EdgeListener {
    const bound = bind({ hostname, port, socket: this.#handler(kind, deployment) });
    this.#keepAliveComes &&= acceptWithKeepAlive(bound);
    const listener: EdgeListener = {
      kind,
      hostname: bound.hostname,
      port: bound.port,
      close: () => {
        this.#plainListeners.delete(listener);
        bound.stop();
      },
    };
    this.#plainListeners.add(listener);
    return listener;
  }

  /**
   * Shows another certificate on all TLS listeners, to connections that come from now on. Open ones stay as they are,
   * and none that comes meanwhile is lost.
   * @throws the error of the TLS library; then listeners that come after the first one that failed keep the old certificate.
   */
  async replaceCertificate(certificate: Certificate): Promise<void> {
    for (const listener of this.#tlsListeners) {
      listener.replaceCertificate(certificate, this.#options.limits.listenerRetireMs);
      this.#keepAliveComes &&= listener.keepAliveComes;
    }
  }

  /** Takes no more connections; those that are open stay. */
  stopListening(): void {
    for (const listener of [...this.#tlsListeners, ...this.#plainListeners]) listener.close();
  }

  /** Cuts all connections; what is buffered is lost. To end them in order, `end` each of them before. */
  closeAll(): void {
    for (const connection of [...this.#sockets]) connection.cut({ kind: 'local' });
  }

  /** The clock was set by so many milliseconds: no time-out is longer or shorter for that. */
  clockMoved(milliseconds: number): void {
    this.#deadlines.move(milliseconds);
    for (const connection of this.#sockets) connection.startedAt += milliseconds;
  }

  /** Asks for `beforeFlush` at the end of this turn, where no input of the edge has caused one. */
  requestTurn(): void {
    this.#turn.request();
  }

  send(connection: ConnectionId, bytes: Uint8Array): number {
    return this.#open.get(connection)?.send(bytes, 0, bytes.byteLength) ?? 0;
  }

  sendPart(connection: ConnectionId, bytes: Uint8Array, start: number, end: number): number {
    return this.#open.get(connection)?.send(bytes, start, end) ?? 0;
  }

  sendMany(connections: readonly ConnectionId[], bytes: Uint8Array): void {
    for (const connection of connections) this.#open.get(connection)?.send(bytes, 0, bytes.byteLength);
  }

  end(connection: ConnectionId): void {
    this.#open.get(connection)?.end({ kind: 'local' });
  }

  abort(connection: ConnectionId): void {
    this.#open.get(connection)?.cut({ kind: 'local' });
  }

  pause(connection: ConnectionId): void {
    this.#open.get(connection)?.pause();
  }

  resume(connection: ConnectionId): void {
    this.#open.get(connection)?.resume();
  }

  #connectionHost(): ConnectionHost {
    const { input } = this.#options;
    const second = (): number => this.#second;
    const keepAliveComes = (): boolean => this.#keepAliveComes;
    return {
      input,
      limits: this.#limits,
      gate: this.#gate,
      now: () => this.#options.now(),
      get second() {
        return second();
      },
      get keepAliveComes() {
        return keepAliveComes();
      },
      report: (refusal) => this.#options.report(refusal),
      register: (connection) => {
        const id = ++this.#lastId as ConnectionId;
        this.#open.set(id, connection);
        return id;
      },
      requestTurn: () => this.#turn.request(),
      requestTurnEnd: (connection) => {
        this.#handshaken.push(connection);
        this.#turn.request();
      },
      requestFlush: (connection) => this.#turn.requestFlush(connection),
      watch: (connection) => this.#deadlines.watch(connection),
      unwatch: (connection) => this.#deadlines.unwatch(connection),
      gone: (connection, cause) => {
        this.#sockets.delete(connection);
        if (connection.id === null) return;
        this.#open.delete(connection.id);
        this.#turn.tellClosed(connection.id, cause);
      },
    };
  }

  #accept(socket: Socket<Connection>, kind: ListenerKind, deployment: DeploymentId | null): void {
    const connection = new Connection(this.#host, socket, kind, deployment);
    socket.data = connection;
    this.#sockets.add(connection);
    const { connections } = this.#limits;
    if (this.#sockets.size > connections) {
      this.#turnedAway += 1;
      connection.turnAway('server.busy', `${connections} connections are open, which is the limit`);
    } else if (kind === 'mqtts' || kind === 'wss') {
      const bytes = peekBytes(socket);
      const serverName = readServerName(bytes);
      if (serverName !== undefined) {
        // Whom it wants, before anything is spent on it.
        connection.serverName = plainName(serverName ?? undefined);
        connection.pace = this.#options.handshakePace(kind, connection.serverName);
      }
      connection.startTls(bytes[0] ?? null);
    } else {
      connection.startStream();
    }
  }

  #handler(kind: ListenerKind, deployment: DeploymentId | null): SocketHandler<Connection> {
    return {
      binaryType: 'uint8array',
      open: (socket) => this.#accept(socket, kind, deployment),
      handshake: (socket, succeeded, error) => socket.data.handshaken(succeeded, error),
      data: (socket, bytes) => {
        socket.data.received(bytes);
        // They were made for this call.
        giveBack(bytes);
      },
      drain: (socket) => socket.data.drained(),
      end: (socket) => socket.data.peerEnded(),
      close: (socket, error) => socket.data.socketClosed(error),
      error: (socket, error) => {
        if (isSocketError(error)) {
          socket.data.failed(error);
          return;
        }
        // A handler threw: the fault is ours, and is not to pass for a broken connection.
        socket.data.cut({ kind: 'fault', fault: 'server.error', detail: error.message });
        setImmediate(() => {
          throw error;
        });
      },
    };
  }
}

/** Codes of errors that come from the network or the peer. */
const socketErrorCodes: ReadonlySet<unknown> = new Set(['EPROTO', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);

function isSocketError(error: Error): boolean {
  return 'code' in error && socketErrorCodes.has(error.code);
}
