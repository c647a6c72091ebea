import type { ProtocolVersion } from '../../packages/codec/types.ts';

/** How far a connection had come. */
export type Stage = 'tcp' | 'tls' | 'upgrade' | 'connack' | 'open';

/** What a client sees when something goes wrong: the input of `diagnose`. */
export type Symptom =
  /** An error of the resolver, the socket or TLS, by its code, for example `ECONNREFUSED`. */
  | {
      readonly kind: 'system';
      readonly code: string;
      readonly stage: Stage;
      readonly message: string;
      /** What the client did: it decides what a bare code most likely means. */
      readonly sent: { readonly tls: boolean; readonly serverName: boolean };
    }
  /** Nothing came in time. */
  | { readonly kind: 'timeout'; readonly stage: Stage }
  /** The server closed without a word. */
  | { readonly kind: 'closed'; readonly stage: Stage; readonly tls: boolean }
  /** Bytes that are no MQTT where CONNACK was due. */
  | { readonly kind: 'foreign'; readonly protocol: 'tls' | 'http' | 'other' }
  /** An HTTP answer other than 101 to the WebSocket upgrade. */
  | { readonly kind: 'http'; readonly status: number; readonly body: string }
  /** The WebSocket was closed with a status code (RFC 6455 section 7.4), or its frames were wrong. */
  | { readonly kind: 'websocket'; readonly status: number; readonly reason: string }
  /** CONNACK with a code other than 0. */
  | {
      readonly kind: 'connack';
      readonly version: ProtocolVersion;
      readonly code: number;
      readonly reasonString: string | null;
      /** What the client had sent: it decides what a bare code most likely means. */
      readonly sent: { readonly username: boolean; readonly serverName: boolean; readonly tls: boolean };
    }
  /** DISCONNECT from the server (5.0). */
  | { readonly kind: 'disconnect'; readonly code: number; readonly reasonString: string | null }
  /** PUBACK, PUBREC or PUBCOMP with a Reason Code of 0x80 or above (5.0). */
  | { readonly kind: 'publish'; readonly code: number; readonly reasonString: string | null }
  /** SUBACK with a Reason Code of 0x80 or above. */
  | {
      readonly kind: 'subscribe';
      readonly version: ProtocolVersion;
      readonly code: number;
      readonly reasonString: string | null;
      readonly topicFilter: string;
    };

/** Something failed, with what was seen. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly symptom: Symptom;

  constructor(symptom: Symptom, options?: ErrorOptions) {
    super(symptom.kind, options);
    this.symptom = symptom;
  }
}
