import { expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench } from '../../testkit/engine-bench.ts';
import type { AccessRules } from './ports.ts';

/** Rules that keep one topic from everybody, as part of what filters match. */
function without(topic: string): AccessRules {
  const deliveryFilter = (candidate: string): boolean => candidate !== topic;
  return {
    publish: (candidate) => ({ allowed: candidate !== topic, rule: 'r' }),
    subscribe: (topicFilter) => ({ allowed: topicFilter !== topic, rule: 'r' }),
    deliveryFilter: () => deliveryFilter,
  };
}

function change(bench: EngineBench, topic: string): void {
  const rules = without(topic);
  bench.policy.rules = () => rules;
  bench.input((engine, now) => engine.policyChanged(DEPLOYMENT, now));
}

test('retained messages on their way to a slow client obey rules that change meanwhile', () => {
  const bench = new EngineBench({ limits: { inFlightOut: 1 } });
  const publisher = bench.connect({ clientId: 'p' });
  for (const topic of ['a/1', 'a/2', 'a/3'])
    publisher.publish(topic, topic, { retain: true, qos: 1, packetIdentifier: 1 });
  const client = bench.connect();
  client.subscribe('a/#', { qos: 1 });
  const seen: string[] = [];
  for (let round = 0; round < 4; round++) {
    for (const { topic, packetIdentifier } of client.messages()) {
      seen.push(topic);
      if (round === 0) change(bench, 'a/2');
      client.puback(packetIdentifier);
    }
  }
  expect(seen.toSorted()).toEqual(['a/1', 'a/3']);
});

test('thousands of sessions get changed rules in steps, all of them in the end', () => {
  const bench = new EngineBench({ limits: { sessions: null, connectsPerSecond: null } });
  const clients = Array.from({ length: 250 }, (_, index) => bench.subscriber('secret', { clientId: `c${index}` }));
  change(bench, 'secret');
  const left = (): number => bench.counters().subscriptions;
  expect(left()).toBe(150);
  for (let step = 0; step < 2; step++) bench.advance(1);
  expect(left()).toBe(0);
  expect(clients).toHaveLength(bench.events('subscription.removed').length);
});

test('a CONNECT that is refused because the service stops names its deployment', () => {
  const bench = new EngineBench();
  bench.input((engine, now) => engine.drain(now));
  bench.connecting({ clientId: 'late' });
  expect(bench.events('connection.refused')).toMatchObject([
    { fault: 'server.draining', deployment: DEPLOYMENT, clientId: 'late' },
  ]);
});
