import type { ConnectionId } from '../../../packages/engine/ids.ts';
import type { CloseCause, LinkInput } from '../../../packages/engine/ports.ts';
import type { Connection } from './connection.ts';
import type { HandshakeGate } from './handshake-gate.ts';
import type { EdgeLimits } from './options.ts';
import type { EdgeRefusal } from './refusal.ts';

/** What a connection asks of the edge. */
export interface ConnectionHost {
  readonly input: LinkInput;
  readonly limits: EdgeLimits;
  readonly gate: HandshakeGate;
  now(): number;
  /** Seconds since 1970, as of the last turn. */
  readonly second: number;
  /** Connections are accepted with TCP keep-alive set. */
  readonly keepAliveComes: boolean;
  report(refusal: EdgeRefusal): void;
  /** Gives an open connection its number. */
  register(connection: Connection): ConnectionId;
  /** Something came in: the turn of the loop ends with a flush. */
  requestTurn(): void;
  /** `handshakeTurnEnded` is called at the end of this turn. */
  requestTurnEnd(connection: Connection): void;
  /** `flush` is called at the end of this turn. */
  requestFlush(connection: Connection): void;
  /** `expired` is called when `deadline` has passed, until `unwatch`. */
  watch(connection: Connection): void;
  unwatch(connection: Connection): void;
  /** The socket is closed. The core is told of `cause` if it knows the connection. */
  gone(connection: Connection, cause: CloseCause): void;
}
