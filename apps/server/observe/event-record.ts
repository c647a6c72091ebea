import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { EngineEvent, EventKind, ListenerKind } from '../../../packages/engine/ports.ts';
import type { FaultName } from '../../../packages/faults/mod.ts';
import { cleanText } from './clean-text.ts';

/** MQTT version as people write it. */
export type ProtocolName = '3.1' | '3.1.1' | '5.0';

/** An event as it is logged and kept: flat, texts of devices cleaned and bounded, nothing that could hold a secret. */
export interface EventRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The same; where the history has made one of like events that follow each other, the time of the last. */
  readonly lastAt: number;
  readonly kind: EventKind;
  readonly fault: FaultName | null;
  readonly deployment: DeploymentId | null;
  readonly clientId: string | null;
  readonly username: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly listener: ListenerKind | null;
  readonly protocol: ProtocolName | null;
  /** SNI; null where none was sent. */
  readonly serverName: string | null;
  readonly detail: string | null;
  readonly count: number;
}

/** As long as the default limit `clientIdBytes`, so that a query by client identifier finds it. */
const CLIENT_ID_CHARS_MAX = 1024;
const USERNAME_CHARS_MAX = 256;
/** A DNS name has at most 253. */
const SERVER_NAME_CHARS_MAX = 253;
const DETAIL_CHARS_MAX = 512;

const protocolNames = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const;

/** Takes over named fields only: whatever else hangs on an event never gets into a log. */
export function toRecord(event: EngineEvent): EventRecord {
  const { facts, protocolVersion } = event;
  return {
    at: event.at,
    lastAt: event.at,
    kind: event.kind,
    fault: event.fault,
    deployment: event.deployment,
    clientId: clean(event.clientId, CLIENT_ID_CHARS_MAX),
    username: clean(event.username, USERNAME_CHARS_MAX),
    address: facts?.remoteAddress ?? null,
    port: facts?.remotePort ?? null,
    listener: facts?.listener ?? null,
    protocol: protocolVersion === null ? null : protocolNames[protocolVersion],
    serverName: clean(facts?.serverName ?? null, SERVER_NAME_CHARS_MAX),
    detail: clean(event.detail, DETAIL_CHARS_MAX),
    count: event.count,
  };
}

/** The client identifier as `toRecord` keeps it, to compare with. */
export function cleanClientId(clientId: string): string {
  return cleanText(clientId, CLIENT_ID_CHARS_MAX);
}

function clean(text: string | null, charsMax: number): string | null {
  return text === null ? null : cleanText(text, charsMax);
}
