import type { ConnectionId, DeploymentId } from '../../../packages/engine/ids.ts';
import type { CloseCause, ConnectionFacts } from '../../../packages/engine/ports.ts';
import { Edge } from './edge.ts';
import { defaultEdgeLimits } from './options.ts';
import type { EdgeLimits, EdgeOptions } from './options.ts';
import type { EdgeRefusal } from './refusal.ts';

/** What the core was told of one connection. */
export interface TestConnection {
  readonly id: ConnectionId;
  readonly facts: ConnectionFacts;
  /** How many bytes came, and the bytes where the test keeps them. */
  receivedLength: number;
  readonly received: Uint8Array[];
  /** Every count that `drained` told. */
  readonly drained: number[];
  closed: CloseCause | null;
}

export const testDeployment = 'dedicated' as DeploymentId;

/** An edge with a core that writes everything down. Listens on loopback; closes with the test. */
export class TestEdge implements Disposable {
  readonly edge: Edge;
  readonly connections: TestConnection[] = [];
  readonly refusals: EdgeRefusal[] = [];
  /** Calls that broke the rules of the link; empty in every test. */
  readonly wrongs: string[] = [];
  turns = 0;
  now = 1_700_000_000_000;
  /** Called for bytes that came; the connection is the first argument. */
  onData: (connection: TestConnection, bytes: Uint8Array) => void = () => undefined;
  onOpened: (connection: TestConnection) => void = () => undefined;
  beforeFlush: () => void = () => undefined;
  handshakePace: EdgeOptions['handshakePace'] = () => null;
  readonly #byId = new Map<ConnectionId, TestConnection>();
  #waiting: (() => void)[] = [];

  constructor(limits: Partial<EdgeLimits> = {}, sessionTickets = false) {
    this.edge = new Edge({
      limits: { ...defaultEdgeLimits, ...limits },
      sessionTickets,
      now: () => this.now,
      handshakePace: (listener, serverName) => {
        this.#changed();
        return this.handshakePace(listener, serverName);
      },
      report: (refusal) => {
        this.refusals.push(refusal);
        this.#changed();
      },
      beforeFlush: () => {
        this.turns += 1;
        this.beforeFlush();
        this.#changed();
      },
      input: {
        opened: (id, facts) => this.#opened(id, facts),
        data: (id, bytes) => this.#data(id, bytes),
        drained: (id, count) => {
          this.#known(id, 'drained')?.drained.push(count);
          this.#changed();
        },
        closed: (id, cause) => {
          const connection = this.#known(id, 'closed');
          if (connection !== undefined) connection.closed = cause;
          this.#changed();
        },
      },
    });
  }

  /** Waits, event by event, until it is true. The runner's time-out is the only clock. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The connection that opened as the `index`-th. */
  async opened(index = 0): Promise<TestConnection> {
    await this.until(() => this.connections.length > index);
    const connection = this.connections[index];
    if (connection === undefined) throw new Error('no such connection');
    return connection;
  }

  /** Why it closed. */
  async closed(connection: TestConnection): Promise<CloseCause> {
    await this.until(() => connection.closed !== null);
    if (connection.closed === null) throw new Error('not closed');
    return connection.closed;
  }

  async refused(index = 0): Promise<EdgeRefusal> {
    await this.until(() => this.refusals.length > index);
    const refusal = this.refusals[index];
    if (refusal === undefined) throw new Error('no such refusal');
    return refusal;
  }

  [Symbol.dispose](): void {
    this.edge.stopListening();
    this.edge.closeAll();
  }

  #opened(id: ConnectionId, facts: ConnectionFacts): void {
    if (this.#byId.has(id)) this.wrongs.push(`opened twice: ${id}`);
    const connection: TestConnection = { id, facts, receivedLength: 0, received: [], drained: [], closed: null };
    this.#byId.set(id, connection);
    this.connections.push(connection);
    this.onOpened(connection);
    this.#changed();
  }

  #data(id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#known(id, 'data');
    if (connection === undefined) return;
    connection.receivedLength += bytes.length;
    // Small tests look at the bytes; large ones count them.
    if (connection.receivedLength <= 1_000_000) connection.received.push(bytes.slice());
    this.onData(connection, bytes);
    this.#changed();
  }

  #known(id: ConnectionId, call: string): TestConnection | undefined {
    const connection = this.#byId.get(id);
    if (connection === undefined) this.wrongs.push(`${call} of an unknown connection`);
    else if (connection.closed !== null) this.wrongs.push(`${call} after closed`);
    return connection;
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** All that the core was given, as one piece. */
export function receivedBytes(connection: TestConnection): Buffer {
  return Buffer.concat(connection.received);
}
