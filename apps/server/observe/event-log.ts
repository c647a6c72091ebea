import type { FaultName } from '../../../packages/faults/mod.ts';
import { cleanText } from './clean-text.ts';
import type { EventRecord } from './event-record.ts';
import { FloodGuard, floodGuardDefaults } from './flood-guard.ts';
import type { FloodGuardOptions, HeldBack } from './flood-guard.ts';
import { jsonLine, remedyLine, terminalLine } from './log-format.ts';
import type { LogFormat } from './log-format.ts';
import { emptyLine, levelOf, lineOf } from './log-line.ts';
import type { LogLevel, LogLine } from './log-line.ts';

export interface EventLogOptions {
  /** Takes one line without its line end. */
  readonly write: (line: string) => void;
  readonly format: LogFormat;
  /** Lines below are left out. Default `info`. */
  readonly level?: LogLevel;
  /** Milliseconds since 1970, for what the server says itself; events bring their own time. */
  readonly now: () => number;
  readonly flood?: Partial<FloodGuardOptions>;
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const MESSAGE_CHARS_MAX = 500;
const DETAIL_CHARS_MAX = 4000;

/**
 * The structured log: one line for each event, and what the server says about itself.
 * Lines that repeat fast are summarised. Nothing here throws.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #level: number;
  /** Guests must not use up what the server itself may say. */
  readonly #guests: FloodGuard;
  readonly #server: FloodGuard;
  /** Whose remedy has been told: once in the life of the process, on a terminal. */
  readonly #remediesTold = new Set<FaultName>();

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#level = ranks[options.level ?? 'info'];
    this.#guests = new FloodGuard({ ...floodGuardDefaults, ...options.flood });
    this.#server = new FloodGuard({ ...floodGuardDefaults, ...options.flood });
  }

  /** Logs an event. */
  event(record: EventRecord): void {
    if (this.#isBelow(levelOf(record))) return;
    const { kind, fault, deployment, address, count, at } = record;
    if (this.#guests.holdAnother(kind, fault, deployment, address, count, at)) return;
    const line = lineOf(record);
    const isWritten = this.#pass(this.#guests, line, at);
    if (isWritten && fault !== null && ranks[line.level] >= ranks.warn) this.#tellRemedy(fault);
  }

  debug(message: string, detail: string | null = null): void {
    this.#say('debug', message, detail);
  }

  info(message: string, detail: string | null = null): void {
    this.#say('info', message, detail);
  }

  warn(message: string, detail: string | null = null): void {
    this.#say('warn', message, detail);
  }

  error(message: string, detail: string | null = null): void {
    this.#say('error', message, detail);
  }

  /** Lets time pass: writes the summaries that are due. Call it about once a second. */
  tick(now: number): void {
    for (const guard of [this.#guests, this.#server]) this.#summarise(guard.endWindow(now), now);
  }

  /** Writes all summaries, before the process ends. */
  flush(now: number): void {
    for (const guard of [this.#guests, this.#server]) this.#summarise(guard.flush(now), now);
  }

  #say(level: LogLevel, message: string, detail: string | null): void {
    if (this.#isBelow(level)) return;
    const now = this.#options.now();
    const line: LogLine = {
      ...emptyLine,
      at: now,
      level,
      event: 'server',
      detail: detail === null ? null : cleanText(detail, DETAIL_CHARS_MAX),
      message: cleanText(message, MESSAGE_CHARS_MAX),
    };
    this.#pass(this.#server, line, now);
  }

  /** @returns whether the line was written. */
  #pass(guard: FloodGuard, line: LogLine, now: number): boolean {
    this.#summarise(guard.endWindow(now), now);
    if (!guard.admit(line, now)) return false;
    this.#write(line);
    return true;
  }

  #summarise(heldBack: readonly HeldBack[], now: number): void {
    for (const { line, lines, count, windowMs } of heldBack) {
      const what = `${lines} more in ${Math.round(windowMs / 1000)} s`;
      this.#write({
        ...emptyLine,
        at: now,
        level: line?.level ?? 'warn',
        event: line?.event ?? 'server',
        fault: line?.fault ?? null,
        number: line?.number ?? null,
        deployment: line?.deployment ?? null,
        address: line?.address ?? null,
        count,
        message: line === null ? `Events of other kinds and addresses: ${what}` : `${line.message}: ${what}`,
      });
    }
  }

  #tellRemedy(name: FaultName): void {
    const { format } = this.#options;
    if (format.kind !== 'terminal' || this.#remediesTold.has(name)) return;
    this.#remediesTold.add(name);
    this.#put(remedyLine(name, format.colour));
  }

  #write(line: LogLine): void {
    const { format } = this.#options;
    this.#put(format.kind === 'json' ? jsonLine(line) : terminalLine(line, format.colour));
  }

  #put(text: string): void {
    try {
      this.#options.write(text);
    } catch {
      // A log that cannot be written must not stop the broker.
    }
  }

  #isBelow(level: LogLevel): boolean {
    return ranks[level] < this.#level;
  }
}
