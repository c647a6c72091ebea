import { fault } from '../../../packages/faults/mod.ts';
import type { EventKind } from '../../../packages/engine/ports.ts';
import type { EventRecord } from './event-record.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line of the log. The names and their order are what a reader of the JSON lines gets; null fields are left out there. */
export interface LogLine {
  /** Milliseconds since 1970; written as ISO 8601 in UTC, with the name `time`: most lines of a flood are not written. */
  readonly at: number;
  readonly level: LogLevel;
  /** Kind of the event, or `server` for what the server says about itself. */
  readonly event: EventKind | 'server';
  readonly fault: string | null;
  readonly number: number | null;
  readonly deployment: string | null;
  readonly client_id: string | null;
  readonly username: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly listener: string | null;
  readonly protocol: string | null;
  readonly sni: string | null;
  readonly detail: string | null;
  readonly count: number | null;
  readonly message: string;
}

/** A line with everything left out that is not told of. */
export const emptyLine = {
  fault: null,
  number: null,
  deployment: null,
  client_id: null,
  username: null,
  address: null,
  port: null,
  listener: null,
  protocol: null,
  sni: null,
  detail: null,
  count: null,
} as const;

const levels = { info: 'info', warning: 'warn', error: 'error' } as const;

/** What is said of an event that is no fault, and whether it is told by default. */
const ordinary: Readonly<Record<EventKind, { readonly level: LogLevel; readonly message: string }>> = {
  'connection.refused': { level: 'warn', message: 'Connection refused' },
  'connection.accepted': { level: 'info', message: 'Client connected' },
  'connection.closed': { level: 'info', message: 'Connection closed' },
  'session.created': { level: 'debug', message: 'Session created' },
  'session.ended': { level: 'debug', message: 'Session ended' },
  'subscription.added': { level: 'debug', message: 'Client subscribed' },
  'subscription.removed': { level: 'debug', message: 'Client unsubscribed' },
  'subscription.refused': { level: 'warn', message: 'Subscription refused' },
  'publish.refused': { level: 'warn', message: 'Publish refused' },
  'message.dropped': { level: 'warn', message: 'Messages dropped' },
  'will.published': { level: 'info', message: 'Will published' },
  'reading.paused': { level: 'info', message: 'Reading paused' },
  'request.refused': { level: 'warn', message: 'REST request refused' },
  'journal.failed': { level: 'error', message: 'The journal cannot be written' },
  'journal.recovered': { level: 'info', message: 'The journal can be written again' },
};

/** The level that an event is told at. */
export function levelOf(record: EventRecord): LogLevel {
  const known = record.fault === null ? null : fault(record.fault);
  // Number 0 is no fault: an ordinary end is told as its kind is.
  return known !== null && known.number !== 0 ? levels[known.severity] : ordinary[record.kind].level;
}

/** The line of an event. */
export function lineOf(record: EventRecord): LogLine {
  const known = record.fault === null ? null : fault(record.fault);
  return {
    at: record.at,
    level: levelOf(record),
    event: record.kind,
    fault: record.fault,
    number: known?.number ?? null,
    deployment: record.deployment,
    client_id: record.clientId,
    username: record.username,
    address: record.address,
    port: record.port,
    listener: record.listener,
    protocol: record.protocol,
    sni: record.serverName,
    detail: record.detail,
    count: record.count > 1 || record.kind === 'message.dropped' ? record.count : null,
    message: known?.title.en ?? ordinary[record.kind].message,
  };
}

/** ISO 8601 in UTC. A time that is none must not cost the line. */
export function timeText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
