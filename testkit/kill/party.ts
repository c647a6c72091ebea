import type { Stream } from './stream.ts';

/** Where the service is, through all its restarts. */
export interface Place {
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** Who a client is. */
export interface PartyOptions {
  readonly place: Place;
  readonly clientId: string;
  readonly version: 4 | 5;
  /** Told after each change of what the parties show. */
  readonly changed: () => void;
}

/** A client that connects again whenever it is cut off. */
export interface Party {
  readonly isConnected: boolean;
  /** How often the service had forgotten a session that it was to keep. */
  readonly sessionsLost: number;
  /** What the client took for a breach of the protocol, in words. */
  readonly complaints: readonly string[];
  /** Leaves, and stays away until `comeBack`. */
  leave(): Promise<void>;
  comeBack(): void;
  close(): Promise<void>;
}

/** Sends one stream, and again what was not acknowledged when it was cut off. */
export interface PublishingParty extends Party {
  readonly stream: Stream;
  /** Sent, and not acknowledged to the end. */
  readonly unacknowledged: number;
  /** Of those, QoS 2 messages that wait for PUBCOMP only. */
  readonly released: number;
  /** Acknowledged since it was connected last. */
  readonly acknowledgedHere: number;
  /** PUBLISH packets with DUP, and PUBREL packets, sent after it was cut off. */
  readonly resent: number;
  /** Sends nothing new any more. */
  finish(): void;
}

/** Receives what matches one filter. */
export interface SubscribingParty extends Party {
  /** Subscribed: SUBACK has come on this or an earlier connection that the session goes back to. */
  readonly isSubscribed: boolean;
}

/** What a subscriber does with what comes. */
export interface Reception {
  /** A connection was made; `isResumed`: it goes on with the session of the last one. */
  connected(isResumed: boolean): void;
  /** A message has come, that is new as far as the protocol tells. */
  message(topic: string, number: number): void;
}

/** Makes the clients of a run. */
export interface Parties {
  publisher(options: PartyOptions, stream: Stream, window: number): PublishingParty;
  subscriber(
    options: PartyOptions,
    subscription: { readonly filter: string; readonly qos: 1 | 2; readonly isClean: boolean },
    reception: Reception,
  ): SubscribingParty;
}

/** The payload of a message: its number, then as many bytes as make 64. */
export function payloadOf(number: number): string {
  return `${number} `.padEnd(64, 'x');
}

/** The number in a payload. @throws Error where there is none. */
export function numberOf(payload: Uint8Array): number {
  const number = Number.parseInt(
    Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1', 0, 12),
    10,
  );
  if (!(number > 0)) throw new Error('a payload without a number');
  return number;
}
