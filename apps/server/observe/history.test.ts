import { describe, expect, test } from 'bun:test';
import type { EngineEvent } from '../../../packages/engine/ports.ts';
import { deploymentA, deploymentB, event, facts, noon } from './event-fixture.ts';
import { toRecord } from './event-record.ts';
import { History } from './history.ts';
import type { HistoryQuery } from './history.ts';
import { Ring } from './ring.ts';

function setUp(options: ConstructorParameters<typeof History>[0] = {}) {
  const history = new History(options);
  const add = (changes: Partial<EngineEvent> = {}) => history.add(toRecord(event(changes)));
  const clientIds = (query: HistoryQuery) => history.query(query).map((entry) => entry.clientId);
  return { history, add, clientIds };
}

describe('ring', () => {
  test('keeps the newest and gives them newest first', () => {
    const ring = new Ring<number>(3);
    const seen: number[][] = [];
    for (let value = 1; value <= 7; value++) {
      ring.push(value);
      expect(ring.last).toBe(value);
      seen.push([...ring.newestFirst()]);
    }
    expect(seen).toEqual([[1], [2, 1], [3, 2, 1], [4, 3, 2], [5, 4, 3], [6, 5, 4], [7, 6, 5]]);
    ring.replaceLast(70);
    expect([...ring.newestFirst()]).toEqual([70, 6, 5]);
    expect(ring.size).toBe(3);
  });

  test('is empty at first', () => {
    const ring = new Ring<number>(2);
    ring.replaceLast(1);
    expect([ring.last, ring.size, [...ring.newestFirst()]]).toEqual([undefined, 0, []]);
  });
});

describe('history', () => {
  test('keeps deployments apart, and those of none for themselves', () => {
    const { add, clientIds } = setUp();
    add({ clientId: 'in-a' });
    add({ clientId: 'in-b', deployment: deploymentB });
    add({ clientId: 'nowhere', deployment: null });
    expect(clientIds({ deployment: deploymentA })).toEqual(['in-a']);
    expect(clientIds({ deployment: deploymentB })).toEqual(['in-b']);
    expect(clientIds({ deployment: null })).toEqual(['nowhere']);
  });

  test('keeps the newest up to its bound, for each deployment of its own', () => {
    const { add, clientIds } = setUp({ perDeployment: 3, unplaced: 2 });
    for (let index = 0; index < 10; index++) {
      add({ clientId: `a${index}` });
      add({ clientId: `n${index}`, deployment: null });
    }
    add({ clientId: 'b', deployment: deploymentB });
    expect(clientIds({ deployment: deploymentA })).toEqual(['a9', 'a8', 'a7']);
    expect(clientIds({ deployment: null })).toEqual(['n9', 'n8']);
    expect(clientIds({ deployment: deploymentB })).toEqual(['b']);
  });

  test('holds 1,000 and 10,000 by default and gives 100', () => {
    const { history, add } = setUp();
    for (let index = 0; index < 11_000; index++) {
      add();
      add({ deployment: null });
    }
    expect(history.query({ deployment: deploymentA, limit: 20_000 })).toHaveLength(1000);
    expect(history.query({ deployment: null, limit: 20_000 })).toHaveLength(10_000);
    expect(history.query({ deployment: null })).toHaveLength(100);
    expect(history.query({ deployment: null, limit: 0 })).toHaveLength(0);
  });

  test('is asked by number, fault, client id, address and time, all together', () => {
    const { add, clientIds } = setUp();
    add({ clientId: '1', at: noon });
    add({ clientId: '2', at: noon + 1, fault: 'credentials.unknown-user' });
    add({ clientId: '3', at: noon + 2, fault: 'limit.sessions', facts: { ...facts, remoteAddress: '192.0.2.9' } });
    add({ clientId: '4', at: noon + 3, fault: null, kind: 'connection.accepted' });
    const deployment = deploymentA;
    expect(clientIds({ deployment, number: -4 })).toEqual(['2', '1']);
    expect(clientIds({ deployment, fault: 'credentials.unknown-user' })).toEqual(['2']);
    expect(clientIds({ deployment, clientId: '3' })).toEqual(['3']);
    expect(clientIds({ deployment, address: '192.0.2.9' })).toEqual(['3']);
    expect(clientIds({ deployment, since: noon + 2 })).toEqual(['4', '3']);
    expect(clientIds({ deployment, number: -4, since: noon + 1 })).toEqual(['2']);
    expect(clientIds({ deployment, number: -4, address: '192.0.2.9' })).toEqual([]);
    expect(clientIds({ deployment, limit: 2 })).toEqual(['4', '3']);
  });

  test('finds a client identifier with characters that are escaped', () => {
    const { history, add } = setUp();
    add({ clientId: 'a\u0007b' });
    expect(history.query({ deployment: deploymentA, clientId: 'a\u0007b' })).toHaveLength(1);
  });

  test('makes one entry of a run of dropped messages, and not of connections', () => {
    const { history, add } = setUp();
    const dropped: Partial<EngineEvent> = { kind: 'message.dropped', fault: 'limit.queue' };
    add({ ...dropped, count: 3 });
    add({ ...dropped, count: 4, at: noon + 500 });
    add({ ...dropped, count: 1, at: noon + 600, clientId: 'sensor-2' });
    add({ at: noon + 700 });
    add({ at: noon + 700 });
    const entries = history
      .query({ deployment: deploymentA })
      .map((entry) => [entry.clientId, entry.count, entry.at, entry.lastAt]);
    expect(entries).toEqual([
      ['sensor-1', 1, noon + 700, noon + 700],
      ['sensor-1', 1, noon + 700, noon + 700],
      ['sensor-2', 1, noon + 600, noon + 600],
      ['sensor-1', 7, noon, noon + 500],
    ]);
    expect(history.query({ deployment: deploymentA, fault: 'limit.queue', since: noon + 400 })).toHaveLength(2);
  });

  test('forgets a deployment', () => {
    const { history, add } = setUp();
    add();
    add({ deployment: deploymentB });
    history.forget(deploymentA);
    expect(history.query({ deployment: deploymentA })).toEqual([]);
    expect(history.query({ deployment: deploymentB })).toHaveLength(1);
  });
});
