import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseSharedFilter, topicMatchesFilter } from '../topic/names.ts';
import { Routes } from './routes.ts';
import type { Delivery } from './delivery.ts';
import type { Route } from './routes.ts';
import type { SubscriptionOptions } from '../subscription.ts';

interface Subscriber {
  readonly name: string;
}

function options(given: Partial<SubscriptionOptions> = {}): SubscriptionOptions {
  return {
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
    deliveryFilter: null,
    ...given,
  };
}

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => ({ name })) as [Subscriber, Subscriber, Subscriber];
const anyone = (): boolean => true;

function names(route: Route<Subscriber>): string[] {
  return route.direct.map(({ subscriber }) => subscriber.name).toSorted();
}

/** A delivery in a form that can be compared. */
function plain(delivery: Delivery<Subscriber> | null): unknown {
  if (delivery === null) return null;
  const { subscriber, qos, retainAsPublished, subscriptionIdentifiers, toSelf } = delivery;
  return {
    name: subscriber.name,
    qos,
    retainAsPublished,
    identifiers: subscriptionIdentifiers?.toSorted((a, b) => a - b) ?? null,
    toSelf: toSelf === delivery ? 'same' : plain(toSelf),
  };
}

describe('subscriptions', () => {
  test('come, are replaced and go', () => {
    const routes = new Routes<Subscriber>();
    expect(routes.hasSubscribers('a')).toBe(false);
    expect(routes.subscribe(alice, 'a', options())).toBe(false);
    expect(routes.subscribe(bob, 'a', options())).toBe(false);
    expect(routes.subscribe(alice, 'a', options({ qos: 2 }))).toBe(true);
    expect(routes.subscriptionCount).toBe(2);
    expect(routes.match('a').direct.map(plain)).toContainEqual({
      name: 'alice',
      qos: 2,
      retainAsPublished: false,
      identifiers: null,
      toSelf: 'same',
    });
    expect(routes.hasSubscribers('a')).toBe(true);
    expect(routes.unsubscribe(alice, 'a')).toBe(true);
    expect(routes.unsubscribe(alice, 'a')).toBe(false);
    expect(routes.unsubscribe(bob, 'b')).toBe(false);
    expect(names(routes.match('a'))).toEqual(['bob']);
  });

  test('a `$share/` filter that is none is refused', () => {
    const routes = new Routes<Subscriber>();
    expect(() => routes.subscribe(alice, '$share//a', options())).toThrow(RangeError);
    expect(routes.unsubscribe(alice, '$share//a')).toBe(false);
    expect(routes.subscriptionCount).toBe(0);
  });

  test('nothing is left of a subscriber whose filters have all been taken away', () => {
    const routes = new Routes<Subscriber>();
    const filters = ['a', 'a/+', '#', '$share/g/a', '$share/g/#', '$share/h/#', '$SYS/#'];
    for (const topicFilter of filters) for (const one of [alice, bob]) routes.subscribe(one, topicFilter, options());
    for (const topic of ['a', 'a/b', 'c']) routes.match(topic);
    routes.unsubscribeAll(alice, filters);
    expect(names(routes.match('a/b'))).toEqual(['bob']);
    expect(routes.subscriptionCount).toBe(filters.length);
    routes.unsubscribeAll(bob, filters);
    expect([routes.subscriptionCount, routes.nodeCount, routes.cachedTopics]).toEqual([0, 0, 0]);
    expect(routes.hasSubscribers('a')).toBe(false);
  });
});

describe('overlapping subscriptions', () => {
  test('[MQTT-3.3.4-2] [MQTT-3.3.4-4] give one delivery with the highest QoS and all identifiers', () => {
    const routes = new Routes<Subscriber>();
    routes.subscribe(alice, 'a/#', options({ qos: 1, subscriptionIdentifier: 7 }));
    routes.subscribe(alice, 'a/+', options({ qos: 2, retainAsPublished: true }));
    routes.subscribe(alice, 'a/b', options({ subscriptionIdentifier: 7 }));
    routes.subscribe(alice, '+/b', options({ subscriptionIdentifier: 9 }));
    routes.subscribe(bob, '#', options());
    const { direct } = routes.match('a/b');
    expect(direct).toHaveLength(2);
    expect(direct.map(plain)).toContainEqual({
      name: 'alice',
      qos: 2,
      retainAsPublished: true,
      identifiers: [7, 7, 9],
      toSelf: 'same',
    });
  });

  test('[MQTT-3.8.3-3] the publisher gets what its subscriptions without No Local give', () => {
    const routes = new Routes<Subscriber>();
    routes.subscribe(alice, 'a', options({ noLocal: true, qos: 1 }));
    expect(routes.match('a').direct[0]?.toSelf).toBeNull();
    routes.subscribe(alice, '#', options({ noLocal: true, qos: 2, subscriptionIdentifier: 1 }));
    expect(routes.match('a').direct.map(plain)).toEqual([
      { name: 'alice', qos: 2, retainAsPublished: false, identifiers: [1], toSelf: null },
    ]);
    routes.subscribe(alice, '+', options({ subscriptionIdentifier: 2 }));
    const toSelf = { name: 'alice', qos: 0, retainAsPublished: false, identifiers: [2], toSelf: 'same' };
    expect(routes.match('a').direct.map(plain)).toEqual([
      { name: 'alice', qos: 2, retainAsPublished: false, identifiers: [1, 2], toSelf },
    ]);
    routes.subscribe(alice, '+/#', options({ qos: 1, subscriptionIdentifier: 3 }));
    expect(plain(routes.match('a').direct[0]?.toSelf ?? null)).toEqual({ ...toSelf, qos: 1, identifiers: [2, 3] });
  });

  test('a subscription whose rules cut the topic adds nothing', () => {
    const routes = new Routes<Subscriber>();
    const deliveryFilter = (topic: string): boolean => topic !== 'a/secret';
    routes.subscribe(alice, 'a/#', options({ qos: 2, deliveryFilter }));
    expect([names(routes.match('a/secret')), names(routes.match('a/open'))]).toEqual([[], ['alice']]);
    routes.subscribe(alice, 'a/secret', options({ qos: 1 }));
    expect(routes.match('a/secret').direct.map(({ qos }) => qos)).toEqual([1]);
    routes.subscribe(alice, 'a/#', options({ qos: 2 }));
    expect(routes.match('a/secret').direct.map(({ qos }) => qos)).toEqual([2]);
  });
});

describe('shared subscriptions', () => {
  test('each group of a name and a filter gets one message, apart from direct subscriptions', () => {
    const routes = new Routes<Subscriber>();
    routes.subscribe(alice, '$share/g/a/#', options({ qos: 1 }));
    routes.subscribe(bob, '$share/g/a/#', options({ qos: 2 }));
    routes.subscribe(alice, '$share/g/a/+', options());
    routes.subscribe(alice, '$share/h/a/#', options());
    routes.subscribe(carol, 'a/b', options());
    const { direct, shared } = routes.match('a/b');
    expect(direct.map(({ subscriber }) => subscriber)).toEqual([carol]);
    expect(shared.map(({ shareName, topicFilter }) => `${shareName} ${topicFilter}`).toSorted()).toEqual([
      'g a/#',
      'g a/+',
      'h a/#',
    ]);
    const group = shared.find((one) => one.shareName === 'g' && one.topicFilter === 'a/#');
    expect([0, 1, 2].map(() => group?.pick(anyone)?.subscriber.name)).toEqual(['alice', 'bob', 'alice']);
  });

  test('the rotation goes on over all topics of the filter, and over changes of its members', () => {
    const routes = new Routes<Subscriber>();
    const next = (topic: string): string | undefined => routes.match(topic).shared[0]?.pick(anyone)?.subscriber.name;
    routes.subscribe(alice, '$share/g/#', options());
    routes.subscribe(bob, '$share/g/#', options());
    expect([next('a'), next('b'), next('c')]).toEqual(['alice', 'bob', 'alice']);
    routes.subscribe(carol, '$share/g/#', options());
    expect([next('a'), next('b'), next('c')]).toEqual(['bob', 'alice', 'carol']);
    routes.unsubscribe(bob, '$share/g/#');
    expect([next('a'), next('b')]).toEqual(['alice', 'carol']);
  });

  test('a shared and an ordinary subscription with the same filter are two', () => {
    const routes = new Routes<Subscriber>();
    routes.subscribe(alice, 'a', options());
    expect(routes.subscribe(alice, '$share/g/a', options())).toBe(false);
    expect(routes.subscribe(alice, '$share/g/a', options())).toBe(true);
    expect(routes.subscriptionCount).toBe(2);
    routes.unsubscribe(alice, 'a');
    const { direct, shared } = routes.match('a');
    expect([direct.length, shared.length]).toEqual([0, 1]);
  });

  test('a group whose last member has left picks nobody, also for who still holds the route', () => {
    const routes = new Routes<Subscriber>();
    routes.subscribe(alice, '$share/g/a', options());
    const { shared } = routes.match('a');
    routes.unsubscribe(alice, '$share/g/a');
    expect(shared.map((group) => group.pick(anyone))).toEqual([null]);
    expect(routes.match('a').shared).toEqual([]);
  });
});

test('a route stays as it is while the deliveries change subscriptions', () => {
  const routes = new Routes<Subscriber>();
  const all = Array.from({ length: 20 }, (_, index) => ({ name: String(index) }));
  for (const one of all) routes.subscribe(one, 'a/#', options());
  const seen: string[] = [];
  for (const { subscriber } of routes.match('a/b').direct) {
    seen.push(subscriber.name);
    for (const one of all) routes.unsubscribe(one, 'a/#');
    routes.subscribe(alice, 'a/#', options());
  }
  expect(seen).toEqual(all.map(({ name }) => name));
  expect(names(routes.match('a/b'))).toEqual(['alice']);
});

test('topics of one filter share one list of deliveries', () => {
  const routes = new Routes<Subscriber>();
  for (const one of [alice, bob]) routes.subscribe(one, 'a/#', options());
  expect(routes.match('a/1').direct).toBe(routes.match('a/2').direct);
  // Not while rules cut one of them, and again afterwards.
  routes.subscribe(bob, 'a/#', options({ deliveryFilter: (topic) => topic === 'a/1' }));
  expect([names(routes.match('a/1')), names(routes.match('a/2'))]).toEqual([['alice', 'bob'], ['alice']]);
  routes.subscribe(bob, 'a/#', options());
  expect(routes.match('a/1').direct).toBe(routes.match('a/2').direct);
});

describe('exactness', () => {
  const level = fc.constantFrom('a', 'b', '$c', '');
  const topic = fc
    .array(level, { minLength: 1, maxLength: 3 })
    .map((levels) => levels.join('/'))
    .filter((name) => name !== '');
  const topicFilter = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }), fc.boolean())
    .map(([levels, hash]) => (hash ? [...levels, '#'] : levels).join('/'))
    .filter((filter) => filter !== '');
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('match' as const), topic }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('subscribe' as const),
        who: fc.nat(3),
        filter: fc
          .tuple(fc.constantFrom('', '', '', '$share/g/', '$share/h/'), topicFilter)
          .map((parts) => parts.join('')),
        qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
        noLocal: fc.boolean(),
        retainAsPublished: fc.boolean(),
        subscriptionIdentifier: fc.nat(3),
        cut: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('noise' as const), count: fc.nat(90) }) },
  );

  interface Known {
    readonly subscriber: Subscriber;
    readonly filter: string;
    readonly options: SubscriptionOptions;
  }

  /** What section 3.3.4 asks for, from the list of all subscriptions. */
  function expected(known: readonly Known[], name: string): { direct: unknown[]; shared: string[] } {
    const matching = known.filter(
      ({ filter, options: { deliveryFilter } }) =>
        parseSharedFilter(filter) === null && topicMatchesFilter(name, filter) && (deliveryFilter?.(name) ?? true),
    );
    const merge = (list: readonly Known[]): unknown => {
      if (list.length === 0) return null;
      const local = list.filter((one) => !one.options.noLocal);
      const identifiers = list.map((one) => one.options.subscriptionIdentifier).filter((identifier) => identifier > 0);
      return {
        name: list[0]?.subscriber.name,
        qos: Math.max(...list.map((one) => one.options.qos)),
        retainAsPublished: list.some((one) => one.options.retainAsPublished),
        identifiers: identifiers.length === 0 ? null : identifiers.toSorted((a, b) => a - b),
        toSelf: local.length === list.length ? 'same' : merge(local),
      };
    };
    const direct = [...Map.groupBy(matching, (one) => one.subscriber).values()].map(merge);
    const shared = known.flatMap(({ filter }) => {
      const parsed = parseSharedFilter(filter);
      return parsed !== null && parsed !== 'invalid' && topicMatchesFilter(name, parsed.topicFilter) ? [filter] : [];
    });
    return { direct: direct.toSorted(byText), shared: [...new Set(shared)].toSorted() };
  }

  function byText(a: unknown, b: unknown): number {
    return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
  }

  test('a route, cached or not, is what the list of all subscriptions gives', () => {
    const people = Array.from({ length: 4 }, (_, index) => ({ name: `p${index}` }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const routes = new Routes<Subscriber>();
        let known: Known[] = [];
        for (const taken of steps) {
          if (taken.kind === 'subscribe') {
            const subscriber = people[taken.who] as Subscriber;
            const deliveryFilter = taken.cut ? (name: string): boolean => !name.includes('b') : null;
            const given = { subscriber, filter: taken.filter, options: options({ ...taken, deliveryFilter }) };
            const others = known.filter((one) => one.subscriber !== subscriber || one.filter !== taken.filter);
            expect(routes.subscribe(subscriber, taken.filter, given.options)).toBe(others.length < known.length);
            known = [...others, given];
          } else if (taken.kind === 'unsubscribe') {
            const gone = known[taken.pick % Math.max(known.length, 1)];
            if (gone === undefined) continue;
            expect(routes.unsubscribe(gone.subscriber, gone.filter)).toBe(true);
            known = known.filter((one) => one !== gone);
          } else if (taken.kind === 'noise') {
            for (let turn = 0; turn < taken.count; turn++) {
              routes.subscribe(alice, `elsewhere/${turn}/#`, options());
              routes.unsubscribe(alice, `elsewhere/${turn}/#`);
            }
          } else {
            const route = routes.match(taken.topic);
            const shared = route.shared.map((group) => `$share/${group.shareName}/${group.topicFilter}`);
            expect({ direct: route.direct.map(plain).toSorted(byText), shared: shared.toSorted() }).toEqual(
              expected(known, taken.topic),
            );
          }
          expect(routes.subscriptionCount).toBe(known.length);
        }
        for (const { subscriber, filter } of known) expect(routes.unsubscribe(subscriber, filter)).toBe(true);
        expect([routes.subscriptionCount, routes.nodeCount]).toEqual([0, 0]);
      }),
      { numRuns: 1500 },
    );
  });
});
