import { describe, expect, test } from 'bun:test';
import { deploymentB, event, facts, noon } from './event-fixture.ts';
import { EventLog } from './event-log.ts';
import type { EventLogOptions } from './event-log.ts';
import { toRecord } from './event-record.ts';
import { chooseLogFormat } from './log-format.ts';
import type { EngineEvent } from '../../../packages/engine/ports.ts';

function setUp(options: Partial<EventLogOptions> = {}) {
  const lines: string[] = [];
  const log = new EventLog({
    write: (line) => lines.push(line),
    format: { kind: 'json' },
    now: () => noon,
    ...options,
  });
  const emit = (changes: Partial<EngineEvent> = {}) => log.event(toRecord(event(changes)));
  const objects = () => lines.map((line): Record<string, unknown> => JSON.parse(line));
  return { log, lines, emit, objects };
}

describe('JSON lines', () => {
  test('name all that is known of an event, in a fixed order', () => {
    const { emit, lines } = setUp();
    emit({ detail: 'the third time' });
    expect(lines).toEqual([
      '{"time":"2026-01-31T12:00:00.000Z","level":"warn","event":"connection.refused","fault":"credentials.wrong-password","number":-4,"deployment":"a1b2c3","client_id":"sensor-1","username":"alice","address":"192.0.2.1","port":50000,"listener":"mqtts","protocol":"3.1.1","sni":"a1b2c3.berth.localhost","detail":"the third time","message":"Wrong password"}',
    ]);
  });

  test('leave out what is not known', () => {
    const { emit, objects } = setUp();
    emit({
      fault: 'sni.missing',
      deployment: null,
      clientId: null,
      username: null,
      protocolVersion: null,
      facts: null,
    });
    expect(objects()).toEqual([
      {
        time: '2026-01-31T12:00:00.000Z',
        level: 'error',
        event: 'connection.refused',
        fault: 'sni.missing',
        number: -5,
        message: 'No SNI was sent',
      },
    ]);
  });

  test('give the MQTT version as people write it', () => {
    const { emit, objects } = setUp();
    for (const protocolVersion of [3, 4, 5] as const) emit({ protocolVersion });
    expect(objects().map((line) => line['protocol'])).toEqual(['3.1', '3.1.1', '5.0']);
  });

  test('count dropped messages', () => {
    const { emit, objects } = setUp();
    emit({ kind: 'message.dropped', fault: 'limit.queue', count: 40 });
    emit({ kind: 'message.dropped', fault: 'limit.queue', count: 1 });
    emit({ kind: 'connection.refused', count: 1 });
    expect(objects().map((line) => line['count'])).toEqual([40, 1, undefined]);
  });

  test('say what the server says about itself', () => {
    const { log, objects } = setUp();
    log.info('Listening', 'mqtts 8883');
    log.warn('The certificate ends in 20 days');
    log.error('The journal cannot be written', 'ENOSPC\nat write');
    expect(objects()).toEqual([
      { time: '2026-01-31T12:00:00.000Z', level: 'info', event: 'server', detail: 'mqtts 8883', message: 'Listening' },
      {
        time: '2026-01-31T12:00:00.000Z',
        level: 'warn',
        event: 'server',
        message: 'The certificate ends in 20 days',
      },
      {
        time: '2026-01-31T12:00:00.000Z',
        level: 'error',
        event: 'server',
        detail: 'ENOSPC\\u{a}at write',
        message: 'The journal cannot be written',
      },
    ]);
  });

  test('leave out what is below the level', () => {
    const ordinary: Partial<EngineEvent> = { kind: 'subscription.added', fault: null };
    const info = setUp();
    info.emit(ordinary);
    info.emit({ kind: 'subscription.removed', fault: 'closed.unsubscribed' });
    info.emit({ kind: 'connection.closed', fault: 'closed.by-client' });
    info.log.debug('a detail');
    expect(info.objects().map((line) => [line['level'], line['fault']])).toEqual([['info', 'closed.by-client']]);
    const debug = setUp({ level: 'debug' });
    debug.emit(ordinary);
    expect(debug.objects().map((line) => line['message'])).toEqual(['Client subscribed']);
    const error = setUp({ level: 'error' });
    error.emit();
    error.emit({ fault: 'sni.unknown' });
    expect(error.objects().map((line) => line['fault'])).toEqual(['sni.unknown']);
  });
});

describe('what devices send', () => {
  test('is one line, whatever control characters it has', () => {
    const nasty = 'x"}\r\n{"level":"info"}\u001b[2J\u0085\u2028';
    for (const format of [{ kind: 'json' }, { kind: 'terminal', colour: false }] as const) {
      const { emit, lines } = setUp({ format, level: 'debug' });
      emit({ clientId: nasty, username: nasty, detail: nasty, facts: { ...facts, serverName: nasty } });
      for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(lines[0]).toContain('u{1b}[2J');
    }
  });

  test('is bounded in length', () => {
    const { emit, lines } = setUp();
    const long = 'y'.repeat(65_535);
    emit({ clientId: long, username: long, detail: long, facts: { ...facts, serverName: long } });
    expect(lines[0]?.length).toBeLessThan(3000);
    expect(lines[0]).toContain('more)');
  });

  test('never shows a password that got onto an event by mistake', () => {
    const password = 'correct-horse-battery';
    const planted = {
      ...event(),
      password,
      credentials: { password: new TextEncoder().encode(password) },
      facts: { ...facts, password, host: `alice:${password}@host`, toJSON: () => password },
      toJSON: () => password,
      toString: () => password,
    };
    for (const format of [{ kind: 'json' }, { kind: 'terminal', colour: true }] as const) {
      const { log, lines } = setUp({ format, level: 'debug' });
      log.event(toRecord(planted));
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.join('\n')).not.toContain(password);
    }
  });
});

describe('a flood', () => {
  test('of one kind from one address is summarised when its time is over', () => {
    const { log, emit, objects } = setUp();
    for (let index = 0; index < 250; index++) emit({ at: noon + index });
    expect(objects()).toHaveLength(10);
    log.tick(noon + 9_999);
    expect(objects()).toHaveLength(10);
    log.tick(noon + 10_000);
    expect(objects().slice(10)).toEqual([
      {
        time: '2026-01-31T12:00:10.000Z',
        level: 'warn',
        event: 'connection.refused',
        fault: 'credentials.wrong-password',
        number: -4,
        deployment: 'a1b2c3',
        address: '192.0.2.1',
        count: 240,
        message: 'Wrong password: 240 more in 10 s',
      },
    ]);
    log.tick(noon + 60_000);
    expect(objects()).toHaveLength(11);
  });

  test('does not hide another fault, deployment or address', () => {
    const { emit, objects } = setUp();
    for (let index = 0; index < 100; index++) emit();
    emit({ fault: 'credentials.unknown-user' });
    emit({ deployment: deploymentB });
    emit({ facts: { ...facts, remoteAddress: '192.0.2.2' } });
    expect(objects()).toHaveLength(13);
  });

  test('of several kinds in turn is counted kind by kind', () => {
    const { log, emit, objects } = setUp();
    const other = { kind: 'message.dropped', fault: 'limit.queue', count: 3 } as const;
    for (const [kind, times] of [
      [{}, 12],
      [other, 12],
      [{}, 3],
      [{ deployment: deploymentB }, 1],
      [{}, 1],
      [other, 2],
    ] as const) {
      for (let index = 0; index < times; index++) emit(kind);
    }
    expect(objects()).toHaveLength(21);
    log.tick(noon + 10_000);
    expect(
      objects()
        .slice(21)
        .map((line) => [line['message'], line['count']]),
    ).toEqual([
      ['Wrong password: 6 more in 10 s', 6],
      ['Queue full, messages dropped: 4 more in 10 s', 12],
    ]);
  });

  test('adds up what its events counted', () => {
    const { log, emit, objects } = setUp();
    for (let index = 0; index < 12; index++) emit({ kind: 'message.dropped', fault: 'limit.queue', count: 5 });
    log.tick(noon + 10_000);
    expect(objects().at(-1)).toMatchObject({ count: 10, message: 'Queue full, messages dropped: 2 more in 10 s' });
  });

  test('from ever new addresses costs a bounded number of lines', () => {
    const { log, emit, objects } = setUp();
    const lineCount = 100_000;
    for (let index = 0; index < lineCount; index++) {
      emit({
        fault: 'sni.missing',
        deployment: null,
        facts: { ...facts, remoteAddress: `2001:db8::${index.toString(16)}` },
      });
    }
    expect(objects()).toHaveLength(1000);
    log.tick(noon + 10_000);
    expect(objects()).toHaveLength(1001);
    expect(objects().at(-1)).toMatchObject({ fault: 'sni.missing', count: lineCount - 1000 });
    expect(objects().at(-1)).not.toHaveProperty('address');
  });

  test('of many kinds tells the largest, and the rest in one line', () => {
    const { log, emit, objects } = setUp();
    for (let address = 0; address < 80; address++) {
      for (let index = 0; index < 11 + address; index++) {
        emit({ facts: { ...facts, remoteAddress: `10.0.0.${address}` } });
      }
    }
    log.tick(noon + 10_000);
    const summaries = objects().slice(800);
    expect(summaries).toHaveLength(51);
    expect(summaries[0]).toMatchObject({ address: '10.0.0.79', count: 80 });
    expect(summaries[50]).toMatchObject({ event: 'server', count: 465 });
  });

  test('of guests leaves the server its say', () => {
    const { log, emit, objects } = setUp({ flood: { linesPerWindow: 5 } });
    for (let index = 0; index < 100; index++) emit();
    log.error('The journal cannot be written');
    expect(objects().at(-1)).toMatchObject({ message: 'The journal cannot be written' });
  });

  test('of messages of the server is summarised too', () => {
    let now = noon;
    const { log, objects } = setUp({ now: () => now });
    for (let index = 0; index < 30; index++) log.error('The engine failed');
    now += 10_000;
    log.error('The engine failed');
    expect(objects()).toHaveLength(12);
    expect(objects()[10]).toMatchObject({ level: 'error', message: 'The engine failed: 20 more in 10 s' });
  });

  test('that goes on gets new lines in the next window, after the summary', () => {
    const { emit, objects } = setUp();
    for (let index = 0; index < 20; index++) emit();
    emit({ at: noon + 12_000 });
    expect(
      objects()
        .map((line) => line['message'])
        .slice(10),
    ).toEqual(['Wrong password: 10 more in 12 s', 'Wrong password']);
  });

  test('is summarised when the clock is set back, and at the end', () => {
    const { log, emit, objects } = setUp();
    for (let index = 0; index < 11; index++) emit();
    emit({ at: noon - 3_600_000 });
    expect(objects()).toHaveLength(12);
    for (let index = 0; index < 11; index++) emit({ at: noon - 3_600_000 });
    log.flush(noon - 3_599_000);
    expect(objects().at(-1)).toMatchObject({ message: 'Wrong password: 2 more in 1 s' });
  });
});

describe('on a terminal', () => {
  test('lines are for people, and a remedy is told once', () => {
    const { emit, log, lines } = setUp({ format: { kind: 'terminal', colour: false } });
    emit({ username: 'my user', facts: { ...facts, remoteAddress: '::1' } });
    emit({ username: 'my user', facts: { ...facts, remoteAddress: '::1' } });
    emit({ kind: 'connection.closed', fault: 'closed.by-client' });
    log.info('Listening');
    const refused =
      '2026-01-31 12:00:00Z WARN  Wrong password (error -4, credentials.wrong-password) deployment=a1b2c3 client_id=sensor-1 username="my user" address=[::1]:50000 listener=mqtts protocol=3.1.1 sni=a1b2c3.berth.localhost';
    expect(lines[0]).toBe(refused);
    expect(lines[1]).toStartWith('    -> Passwords are stored hashed');
    expect(lines[2]).toBe(refused);
    expect(lines[3]).toStartWith('2026-01-31 12:00:00Z INFO  The client disconnected (closed.by-client) ');
    expect(lines[4]).toBe('2026-01-31 12:00:00Z INFO  Listening');
    expect(lines).toHaveLength(5);
  });

  test('colours are used where they are wanted', () => {
    const plain = setUp({ format: { kind: 'terminal', colour: false } });
    const coloured = setUp({ format: { kind: 'terminal', colour: true } });
    plain.emit();
    coloured.emit();
    expect(plain.lines.join('')).not.toContain('\u001b');
    expect(coloured.lines[0]).toContain('\u001b[33mWARN \u001b[0m');
    const stripped = coloured.lines.map((line) => line.replaceAll(/\u001b\[\d+m/g, '')); // eslint-disable-line no-control-regex
    expect(stripped).toEqual(plain.lines);
  });

  test('NO_COLOR takes the colours, and a pipe gets JSON', () => {
    expect(chooseLogFormat(true, undefined)).toEqual({ kind: 'terminal', colour: true });
    expect(chooseLogFormat(true, '')).toEqual({ kind: 'terminal', colour: true });
    expect(chooseLogFormat(true, '1')).toEqual({ kind: 'terminal', colour: false });
    expect(chooseLogFormat(false, undefined)).toEqual({ kind: 'json' });
  });
});

test('a sink that cannot be written does not disturb anybody', () => {
  const { emit, log } = setUp({
    write: () => {
      throw new Error('EPIPE');
    },
  });
  expect(() => {
    emit();
    log.info('x');
    log.tick(noon + 20_000);
  }).not.toThrow();
});
