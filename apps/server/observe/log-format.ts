import { fault } from '../../../packages/faults/mod.ts';
import type { FaultName } from '../../../packages/faults/mod.ts';
import { timeText } from './log-line.ts';
import type { LogLevel, LogLine } from './log-line.ts';

/** How lines are written: for programs, or for the person in front of a terminal. */
export type LogFormat = { readonly kind: 'json' } | { readonly kind: 'terminal'; readonly colour: boolean };

/**
 * JSON lines unless somebody looks at a terminal.
 * @param noColor the variable NO_COLOR: any value but an empty one takes colours away (no-color.org).
 */
export function chooseLogFormat(isTerminal: boolean, noColor: string | undefined): LogFormat {
  return isTerminal ? { kind: 'terminal', colour: noColor === undefined || noColor === '' } : { kind: 'json' };
}

/** One JSON object, null fields left out. */
export function jsonLine(line: LogLine): string {
  const { at, ...rest } = line;
  const named = { time: timeText(at), ...rest };
  return JSON.stringify(named, (_key, value: unknown) => (value === null ? undefined : value));
}

const colours: Readonly<Record<LogLevel, string>> = { debug: '90', info: '36', warn: '33', error: '31' };
const DIM = '2';

/** `2026-01-31 12:00:00Z WARN  No SNI was sent (error -5, sni.missing) address=192.0.2.1:50000 ...` */
export function terminalLine(line: LogLine, colour: boolean): string {
  const paint = (text: string, code: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const time = `${timeText(line.at).slice(0, 19).replace('T', ' ')}Z`;
  const level = paint(line.level.toUpperCase().padEnd(5), colours[line.level]);
  const fields = terminalFields(line);
  return [
    paint(time, DIM),
    level,
    `${line.message}${faultText(line)}`,
    ...(fields === '' ? [] : [paint(fields, DIM)]),
  ].join(' ');
}

/** What to do about a fault, as a line of its own below. */
export function remedyLine(name: FaultName, colour: boolean): string {
  const text = `    -> ${fault(name).remedy.en}`;
  return colour ? `\u001b[${DIM}m${text}\u001b[0m` : text;
}

function faultText(line: LogLine): string {
  if (line.fault === null) return '';
  return line.number === 0 ? ` (${line.fault})` : ` (error ${line.number}, ${line.fault})`;
}

function terminalFields(line: LogLine): string {
  const host = line.address?.includes(':') === true ? `[${line.address}]` : line.address;
  const fields = {
    deployment: line.deployment,
    client_id: line.client_id,
    username: line.username,
    address: host !== null && line.port !== null ? `${host}:${line.port}` : host,
    listener: line.listener,
    protocol: line.protocol,
    sni: line.sni,
    detail: line.detail,
    count: line.count,
  };
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}=${quoted(String(value))}`]))
    .join(' ');
}

/** Quotes what would blur into its neighbours. */
function quoted(value: string): string {
  return /^[^\s"=\\]+$/.test(value) ? value : JSON.stringify(value);
}
