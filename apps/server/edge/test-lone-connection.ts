import type { Socket } from 'bun';
import type { ConnectionId } from '../../../packages/engine/ids.ts';
import type { ListenerKind } from '../../../packages/engine/ports.ts';
import type { ConnectionHost } from './connection-host.ts';
import { Connection } from './connection.ts';
import type { EdgeRefusal } from './refusal.ts';

/** A connection without an edge and without a socket, which counts what it asks of them. */
export class LoneConnection {
  /** Reads of the descriptor since it was made: nothing needs it then but the options of the socket and the look at what has come. */
  descriptorReads = 0;
  /** Arguments of each call. */
  readonly keepAlive: unknown[][] = [];
  pauses = 0;
  /** How often it told the gate that it is served. */
  served = 0;
  readonly refusals: EdgeRefusal[] = [];
  readonly connection: Connection;

  constructor(
    kind: ListenerKind,
    options: { readonly keepAliveComes?: boolean; readonly entersAtOnce?: boolean } = {},
  ) {
    const ignore = (): void => undefined;
    const countRead = (): void => void (this.descriptorReads += 1);
    const socket = {
      remoteAddress: '192.0.2.1',
      remotePort: 50_000,
      get fd() {
        countRead();
        return -1;
      },
      setKeepAlive: (...call: unknown[]) => this.keepAlive.push(call),
      getServername: () => undefined,
      getCipher: () => undefined,
      getTLSVersion: () => 'TLSv1.3',
      pause: () => (this.pauses += 1),
      resume: ignore,
    };
    const host = {
      keepAliveComes: options.keepAliveComes ?? true,
      limits: {},
      input: { opened: ignore, data: ignore },
      gate: { enter: () => options.entersAtOnce ?? true, leave: ignore, served: () => (this.served += 1) },
      now: () => 0,
      report: (refusal: EdgeRefusal) => this.refusals.push(refusal),
      register: () => 1 as ConnectionId,
      requestTurn: ignore,
      requestTurnEnd: ignore,
      requestFlush: ignore,
      watch: ignore,
      unwatch: ignore,
      gone: ignore,
    };
    this.connection = new Connection(
      host as unknown as ConnectionHost,
      socket as unknown as Socket<Connection>,
      kind,
      null,
    );
    this.descriptorReads = 0;
  }
}
