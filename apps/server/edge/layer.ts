import type { FaultName } from '../../../packages/faults/mod.ts';

/** What stands between the socket and the core on a connection: WebSocket, for instance. Most connections have none. */
export interface Layer {
  /** Bytes from the peer. They may be changed in place, and are valid during the call only. */
  receive(bytes: Uint8Array): void;
  /** Nothing more will be sent: says so to the peer, where the protocol has words for it. @returns whether the peer answers to that. */
  finish(): boolean;
  /** The socket takes bytes again, and all that waited is sent. */
  drained(): void;
}

/** What a layer may do with its connection. */
export interface LayerHost {
  /** Whether the socket takes bytes now. */
  readonly writable: boolean;
  /** The peer has shown who it wants: the core gets to know the connection. `host`: of the HTTP request, else null. */
  open(host: string | null): void;
  /** Bytes for the core; nothing happens when the connection is ending. */
  deliver(bytes: Uint8Array): void;
  /** Bytes to the peer that are not part of the stream of the core. */
  sendRaw(bytes: Uint8Array): void;
  /** What the core sends from now on goes into WebSocket frames. */
  startFraming(): void;
  /** Ends a connection that is not open yet, after `response`. */
  refuse(fault: FaultName, detail: string, response: Uint8Array | null, host: string | null): void;
  /** Ends an open connection because of what the peer did. */
  fail(fault: FaultName, detail: string): void;
  /** The peer has said that it will send nothing more, and has got its answer. */
  peerFinished(): void;
}
