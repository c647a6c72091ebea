import type { FaultName, FaultNumber } from './names.ts';

/** A text in both languages that people read. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** Who sees it: the device on the wire, the owner in the connection log, the operator in the log, or the doctor only. */
export type Audience = 'device' | 'owner' | 'operator' | 'doctor';

/** One entry of the catalogue of refusals, drops and closes. */
export interface Fault {
  readonly name: FaultName;
  readonly number: FaultNumber;
  readonly severity: 'info' | 'warning' | 'error';
  readonly seenBy: readonly Audience[];
  /**
   * What answers a CONNECT: return code in 3.x (null: 3.x has none, the connection is just closed), reason code in 5.0.
   * null: the connection is closed without a CONNACK.
   */
  readonly connack: { readonly v3: number | null; readonly v5: number } | null;
  /** Reason code of DISCONNECT on an open 5.0 connection; null: closed without one. 3.x just closes. */
  readonly disconnect: number | null;
  /**
   * Reason String for 5.0 clients, in English, ASCII, under 120 bytes: begins with the number, for example "error -5: ...".
   * It is also the body of an HTTP refusal and the reason in a WebSocket close frame.
   * Never tells a device which part of its credentials is wrong. null: none.
   */
  readonly reasonString: string | null;
  /** A short title, a cause and a remedy: whole sentences. */
  readonly title: Text;
  readonly cause: Text;
  readonly remedy: Text;
}
