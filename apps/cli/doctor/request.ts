import { getCACertificates } from 'node:tls';
import type { HelpLanguage } from '../../../packages/faults/mod.ts';
import type { ConnectionSettings } from '../mqtt/settings.ts';
import { serverNameOf } from '../mqtt/transport.ts';

/** What is to be examined. */
export interface DoctorRequest {
  readonly connection: ConnectionSettings;
  /** Sends no SNI, as some devices do. */
  readonly withoutSni: boolean;
  /** Of the WebSocket upgrade. */
  readonly subprotocol: string;
  /** Topic of the round trip; null makes one up. */
  readonly topic: string | null;
  /** Size of the largest message that the device sends, in bytes; null: not told. */
  readonly messageBytes: number | null;
  /** How long the connection is left idle; 0: not at all. */
  readonly idleSeconds: number;
  /** The language whose lines are shown. */
  readonly language: HelpLanguage | null;
}

/** The roots that are trusted, PEM: those that were given, or those of this program and of the system. */
export function rootsOf({ connection }: DoctorRequest): readonly string[] {
  return connection.tls.ca ?? getCACertificates('default');
}

/** The SNI that is sent; null is none. */
export function sniOf(request: DoctorRequest): string | null {
  return request.withoutSni ? null : serverNameOf(request.connection.target, request.connection.tls);
}

/** The name or IP address that the certificate has to carry. */
export function expectedNameOf({ connection }: DoctorRequest): string {
  return connection.tls.serverName ?? connection.target.host;
}
