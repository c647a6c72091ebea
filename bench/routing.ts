/**
 * How long it takes to find who gets a message: `bun bench/routing.ts [filters]`. Prints one line of JSON; times are
 * nanoseconds a match, medians of several rounds. Topics are decoded from bytes in each round, as a broker gets them,
 * so that no hash of a string is known beforehand; decoding is not counted.
 */
import { Routes } from '../packages/engine/routing/routes.ts';
import { topicMatchesFilter } from '../packages/engine/topic/names.ts';
import { FilterTrie } from '../packages/engine/topic/trie.ts';
import type { SubscriptionOptions } from '../packages/engine/subscription.ts';

const filters = Number(process.argv[2] ?? 100_000);
const roundsPerCase = 9;
const publishers = 50;

const options: SubscriptionOptions = {
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: 0,
  deliveryFilter: null,
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What the matches found, so that none is optimised away. */
let found = 0;

function topicOf(device: number): string {
  return `factory/line${device % 100}/device${device}/sensor/temperature${device % 7}`;
}

/** Topics in an order that no cache of the processor can guess. */
function scattered(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => encoder.encode(topicOf((index * 7919) % filters)));
}

/** Median nanoseconds of `work` for a topic. `before` runs ahead of each round and is not counted. */
function measure(topics: readonly Uint8Array[], work: (topic: string) => void, before = (): void => {}): number {
  const times: number[] = [];
  for (let round = 0; round < roundsPerCase; round++) {
    before();
    const decoded = topics.map((bytes) => decoder.decode(bytes));
    const start = performance.now();
    for (const topic of decoded) work(topic);
    times.push(((performance.now() - start) * 1e6) / topics.length);
  }
  times.sort((a, b) => a - b);
  return Math.round(times[roundsPerCase >> 1] ?? 0);
}

function trieOf(filterOf: (device: number) => string): FilterTrie<object> {
  const trie = new FilterTrie<object>();
  for (let device = 0; device < filters; device++) trie.insert(filterOf(device), { device });
  return trie;
}

function count(): void {
  found++;
}

/** A trie by itself: every match walks it. */
function trieNs(filterOf: (device: number) => string, further: readonly string[] = []): number {
  const trie = trieOf(filterOf);
  for (const topicFilter of further) trie.insert(topicFilter, { topicFilter });
  return measure(scattered(20_000), (topic) => trie.match(topic, count));
}

function routesOf(filterOf: (device: number) => string): Routes<object> {
  const routes = new Routes<object>();
  for (let device = 0; device < filters; device++) routes.subscribe({ device }, filterOf(device), options);
  return routes;
}

function route(routes: Routes<object>): (topic: string) => void {
  return (topic) => {
    found += routes.match(topic).direct.length;
  };
}

/** Publishers stay on their topics while every `every` matches someone subscribes and leaves again. */
function churnNs(filterOf: (device: number) => string, every: number, filterOfChurn: (turn: number) => string): number {
  const routes = routesOf(filterOf);
  const guest = {};
  let turn = 0;
  const topics = Array.from({ length: 400 }, () => scattered(publishers)).flat();
  return measure(topics, (topic) => {
    found += routes.match(topic).direct.length;
    if (++turn % every !== 0) return;
    const topicFilter = filterOfChurn(turn);
    routes.subscribe(guest, topicFilter, options);
    routes.unsubscribe(guest, topicFilter);
  });
}

const exact = topicOf;
const wildcard = (device: number): string => `factory/line${device % 100}/device${device}/+/temperature${device % 7}`;
const below = (device: number): string => `factory/line${device % 100}/device${device}/#`;
const lineOnly = (device: number): string => `factory/+/device${device}/sensor/+`;

/** Every filter of `a` and `+` in 14 levels, which all match one topic; and the same with a last level that does not. */
function hostile(last: string): { nodes: number; matchUs: number } {
  const trie = new FilterTrie<object>();
  for (let bits = 1; bits < 2 ** 14; bits++) {
    const levels = Array.from({ length: 14 }, (_, level) => ((bits >> level) & 1 ? '+' : 'a'));
    trie.insert(levels.join('/') + last, {});
  }
  const topics = Array.from({ length: 20 }, () => encoder.encode(Array.from({ length: 14 }, () => 'a').join('/')));
  return { nodes: trie.nodeCount, matchUs: measure(topics, (topic) => trie.match(topic, count)) / 1000 };
}

function bytesPerFilter(filterOf: (device: number) => string): number {
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  const routes = routesOf(filterOf);
  Bun.gc(true);
  const bytes = (process.memoryUsage.rss() - before) / filters;
  found += routes.subscriptionCount;
  return Math.round(bytes);
}

const exactRoutes = routesOf(exact);
const wildcardRoutes = routesOf(wildcard);
const few = Array.from({ length: 400 }, () => scattered(publishers)).flat();

const result = {
  filters,
  bytesPerExactFilter: bytesPerFilter(exact),
  bytesPerWildcardFilter: bytesPerFilter(wildcard),
  trieNs: {
    exact: trieNs(exact),
    plusNearTheEnd: trieNs(wildcard),
    hash: trieNs(below),
    plusNearTheStart: trieNs(lineOnly),
    wildcardAndFiveOverlapping: trieNs(wildcard, [
      '#',
      'factory/#',
      '+/+/+/sensor/#',
      'factory/line3/+/+/+',
      '+/line7/#',
    ]),
    fewTopics: (() => {
      const trie = trieOf(wildcard);
      return measure(few, (topic) => trie.match(topic, count));
    })(),
  },
  routeNs: {
    exactNotCached: measure(scattered(filters), route(exactRoutes)),
    wildcardNotCached: measure(scattered(filters), route(wildcardRoutes)),
    cachedFewTopics: measure(few, route(exactRoutes)),
    cached5000Topics: measure(Array.from({ length: 4 }, () => scattered(4500)).flat(), route(wildcardRoutes)),
  },
  churnNs: {
    none: churnNs(wildcard, Infinity, below),
    exactElsewhereEvery10: churnNs(wildcard, 10, (turn) => `elsewhere/${turn}`),
    wildcardElsewhereEvery10: churnNs(wildcard, 10, (turn) => `elsewhere/${turn}/#`),
    wildcardNextDoorEvery10: churnNs(wildcard, 10, (turn) => `factory/line${turn % 100}/guest/#`),
    wildcardNextDoorEvery100: churnNs(wildcard, 100, (turn) => `factory/line${turn % 100}/guest/#`),
    matchingAllEvery100: churnNs(wildcard, 100, () => 'factory/#'),
  },
  hostile: { allMatch: hostile(''), noneMatches: hostile('/b') },
  topicMatchesFilterNs: measure(few, (topic) => {
    if (topicMatchesFilter(topic, 'factory/+/device4711/sensor/#')) found++;
  }),
};
console.log(JSON.stringify(found > 0 ? result : null, null, process.stdout.isTTY ? 2 : 0));
