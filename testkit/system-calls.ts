/** A call of the system as strace writes it; `begin` and `end` are the lines on which it was seen to begin and to return. */
export interface SystemCall {
  readonly name: string;
  readonly args: string;
  readonly begin: number;
  /** Infinity where it was not seen to return. */
  end: number;
}

/**
 * A command before another one that watches it and all its threads, and writes what they ask of the system to a file. The
 * process keeps its id; the file is whole when it has ended. Linux; needs strace.
 * @param bytes of each buffer that are shown.
 */
export function watching(file: string, bytes: number): string[] {
  const calls = 'write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync';
  return ['strace', '-D', '-f', '-q', '-yy', '-xx', '-s', String(bytes), '-e', `trace=${calls}`, '-o', file];
}

/** Reads what `strace -f -xx` writes: calls of threads that overlap are told in two halves. */
export function parseTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, SystemCall>();
  for (const [index, line] of text.split('\n').entries()) {
    const resumed = /^(\d+)\s+<\.\.\. (\w+) resumed>/.exec(line);
    if (resumed !== null) {
      const call = open.get(`${resumed[1]} ${resumed[2]}`);
      if (call !== undefined && isGood(line)) call.end = index;
      open.delete(`${resumed[1]} ${resumed[2]}`);
      continue;
    }
    const whole = /^(\d+)\s+(\w+)\((.*)$/.exec(line);
    if (whole === null) continue;
    const [, thread, name = '', rest = ''] = whole;
    const isUnfinished = rest.endsWith('<unfinished ...>');
    const call = { name, args: rest, begin: index, end: isUnfinished || !isGood(line) ? Infinity : index };
    calls.push(call);
    if (isUnfinished) open.set(`${thread} ${name}`, call);
  }
  return calls;
}

function isGood(line: string): boolean {
  return / = \d+$/.test(line.trimEnd());
}

/** Text as it stands in the buffers of a trace. */
export function traced(bytes: string | Uint8Array): string {
  return [...Buffer.from(bytes as string)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** What is promised, and what it looks like in the trace. */
export interface Promised {
  readonly name: string;
  /** In the write to the disk. */
  readonly stored: string;
  /** In the write to the socket that promises it. */
  readonly answer: Uint8Array;
}

/**
 * Finds promises that left before they were kept: each answer has to begin after a sync returned that began after the bytes
 * were written to the same file. @returns a sentence for each that did not.
 */
export function brokenPromises(calls: readonly SystemCall[], promises: readonly Promised[]): string[] {
  const broken: string[] = [];
  for (const { name, stored, answer } of promises) {
    const sent = calls.find(
      (call) =>
        /^(sendto|write|writev|sendmsg)$/.test(call.name) && isToSocket(call) && call.args.includes(traced(answer)),
    );
    const written = calls.find((call) => call.name.startsWith('pwrite') && call.args.includes(traced(stored)));
    if (sent === undefined) broken.push(`${name}: was not answered`);
    else if (written === undefined || written.end > sent.begin) broken.push(`${name}: answered before it was written`);
    else {
      const file = fileOf(written);
      const isSynced = calls.some(
        (call) =>
          /^f(data)?sync$/.test(call.name) &&
          fileOf(call) === file &&
          call.begin > written.end &&
          call.end < sent.begin,
      );
      if (!isSynced) broken.push(`${name}: answered before it was synced`);
    }
  }
  return broken;
}

function isToSocket({ args }: SystemCall): boolean {
  return /^\d+<(TCP|socket)/.test(args);
}

function fileOf({ args }: SystemCall): string {
  return /^\d+<([^>]*)>/.exec(args)?.[1] ?? '';
}
