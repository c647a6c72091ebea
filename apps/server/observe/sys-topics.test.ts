import { expect, test } from 'bun:test';
import { deploymentA, deploymentB, distinctCounters, noon } from './event-fixture.ts';
import { systemTopics, SystemTopics } from './sys-topics.ts';

test('the topics of a deployment, with the names of Mosquitto', () => {
  expect(systemTopics(distinctCounters(), '0.1.0', 61_999)).toEqual([
    ['$SYS/broker/version', 'berth version 0.1.0'],
    ['$SYS/broker/uptime', '61 seconds'],
    ['$SYS/broker/clients/connected', '1'],
    ['$SYS/broker/clients/disconnected', '101'],
    ['$SYS/broker/clients/total', '102'],
    ['$SYS/broker/subscriptions/count', '3'],
    ['$SYS/broker/retained messages/count', '4'],
    ['$SYS/broker/retained messages/bytes', '5'],
    ['$SYS/broker/queued messages/count', '6'],
    ['$SYS/broker/queued messages/bytes', '7'],
    ['$SYS/broker/messages/received', '10'],
    ['$SYS/broker/messages/sent', '11'],
    ['$SYS/broker/publish/messages/received', '1230'],
    ['$SYS/broker/publish/messages/sent', '4560'],
    ['$SYS/broker/publish/messages/dropped', '7892'],
    ['$SYS/broker/bytes/received', '12'],
    ['$SYS/broker/bytes/sent', '13'],
  ]);
});

test('only what has changed is published again', () => {
  const topics = new SystemTopics('0.1.0', noon);
  const counters = distinctCounters();
  expect(topics.changes(deploymentA, counters, noon)).toHaveLength(17);
  expect(topics.changes(deploymentA, counters, noon + 999)).toEqual([]);
  counters.connections = 2;
  expect(topics.changes(deploymentA, counters, noon + 10_000)).toEqual([
    ['$SYS/broker/uptime', '10 seconds'],
    ['$SYS/broker/clients/connected', '2'],
    ['$SYS/broker/clients/disconnected', '100'],
  ]);
});

test('each deployment has its own, and one that comes back is published whole', () => {
  const topics = new SystemTopics('0.1.0', noon);
  const counters = distinctCounters();
  topics.changes(deploymentA, counters, noon);
  expect(topics.changes(deploymentB, counters, noon)).toHaveLength(17);
  topics.forget(deploymentA);
  expect(topics.changes(deploymentA, counters, noon)).toHaveLength(17);
  expect(topics.changes(deploymentB, counters, noon)).toEqual([]);
});
