import { expect, test } from 'bun:test';
import type { EngineEvent } from '../../../packages/engine/ports.ts';
import { deploymentA, event, noon } from './event-fixture.ts';
import { EventLog } from './event-log.ts';
import { History } from './history.ts';
import { Sink } from './sink.ts';

function setUp() {
  const lines: string[] = [];
  const history = new History();
  const log = new EventLog({ write: (line) => lines.push(line), format: { kind: 'json' }, now: () => noon });
  return { lines, history, log, sink: new Sink(log, history) };
}

test('an event reaches the log, the history and the metrics', () => {
  const { sink, lines, history } = setUp();
  sink.emit(event({ kind: 'message.dropped', fault: 'limit.queue', count: 3 }));
  expect(lines).toHaveLength(1);
  expect(history.query({ deployment: deploymentA })).toMatchObject([{ fault: 'limit.queue', count: 3 }]);
  expect([...sink.faultCounts.entries()]).toEqual([{ deployment: deploymentA, fault: 'limit.queue', count: 3 }]);
  expect(sink.failures).toBe(0);
});

test('an event without a fault is no fault in the metrics', () => {
  const { sink, lines, history } = setUp();
  sink.emit(event({ kind: 'connection.accepted', fault: null }));
  expect([...sink.faultCounts.entries()]).toEqual([]);
  expect([lines.length, history.query({ deployment: deploymentA }).length]).toEqual([1, 1]);
});

test('an event that is broken throws nothing, is counted, and the next one is taken', () => {
  const { sink, lines } = setUp();
  const broken = {
    get fault(): never {
      throw new Error('planted');
    },
  } as unknown as EngineEvent;
  expect(() => sink.emit(broken)).not.toThrow();
  expect(sink.failures).toBeGreaterThan(0);
  sink.emit(event());
  expect(lines).toHaveLength(1);
});

test('a receiver that fails does not take the event from the others', () => {
  const { log, lines } = setUp();
  class BrokenHistory extends History {
    override add(): never {
      throw new Error('planted');
    }
  }
  const sink = new Sink(log, new BrokenHistory());
  sink.emit(event());
  expect(lines).toHaveLength(1);
  expect([...sink.faultCounts.entries()]).toHaveLength(1);
  expect(sink.failures).toBe(1);
});

test('a deployment that is gone leaves neither history nor counts', () => {
  const { sink, history } = setUp();
  sink.emit(event());
  sink.forget(deploymentA);
  expect(history.query({ deployment: deploymentA })).toEqual([]);
  expect([...sink.faultCounts.entries()]).toEqual([]);
});
