import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { SharedMembers } from './shared-group.ts';
import type { SubscriptionOptions } from '../subscription.ts';

interface Member {
  readonly name: string;
}

const options: SubscriptionOptions = {
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: 0,
  deliveryFilter: null,
};

const anyone = (): boolean => true;

function members(count: number): Member[] {
  return Array.from({ length: count }, (_, index) => ({ name: String.fromCodePoint(97 + index) }));
}

function groupOf(joining: readonly Member[]): SharedMembers<Member> {
  const group = new SharedMembers<Member>('g', 'a/#');
  for (const member of joining) group.join(member, options);
  return group;
}

/** Names of the members that `count` messages went to; `-` for none. */
function picks(group: SharedMembers<Member>, count: number, eligible: (member: Member) => boolean = anyone): string {
  return Array.from({ length: count }, () => group.pick('a/b', eligible)?.subscriber.name ?? '-').join('');
}

describe('rotation of a shared group', () => {
  test('members take turns in the order in which they joined', () => {
    expect(picks(groupOf(members(3)), 7)).toBe('abcabca');
  });

  test('who joins waits until the others have had their turn', () => {
    const [a, b, c] = members(3) as [Member, Member, Member];
    const group = groupOf([a, b]);
    expect(picks(group, 1)).toBe('a');
    group.join(c, options);
    expect(picks(group, 5)).toBe('bacba');
  });

  test('who leaves gives the turn to the next', () => {
    const [a, b, c] = members(3) as [Member, Member, Member];
    const group = groupOf([a, b, c]);
    picks(group, 1);
    expect(group.leave(b)).toBe(true);
    expect(picks(group, 4)).toBe('caca');
    expect(group.leave(b)).toBe(false);
    group.leave(a);
    group.leave(c);
    expect([group.size, picks(group, 1)]).toEqual([0, '-']);
    group.join(b, options);
    expect(picks(group, 2)).toBe('bb');
  });

  test('a member that cannot take it is passed over, and none is picked where none can', () => {
    const group = groupOf(members(3));
    expect(picks(group, 4, ({ name }) => name !== 'b')).toBe('acac');
    expect(picks(group, 1, () => false)).toBe('-');
    // Nobody took that message, so nobody lost a turn.
    expect(picks(group, 3)).toBe('abc');
  });

  test('a member that subscribes again keeps its turn and gets its new options', () => {
    const [a, b] = members(2) as [Member, Member];
    const group = groupOf([a, b]);
    picks(group, 1);
    expect(group.join(b, { ...options, qos: 2 })).toBe(true);
    expect(group.pick('a/b', () => true)).toEqual({ subscriber: b, options: { ...options, qos: 2 } });
    expect(group.size).toBe(2);
  });

  test('a member whose rules cut the topic is not asked', () => {
    const [a, b] = members(2) as [Member, Member];
    const group = groupOf([b]);
    group.join(a, { ...options, deliveryFilter: (topic) => topic !== 'a/secret' });
    const asked: string[] = [];
    const pick = (topic: string): string | undefined =>
      group.forTopic(topic).pick((member) => {
        asked.push(member.name);
        return true;
      })?.subscriber.name;
    expect([pick('a/secret'), pick('a/secret'), pick('a/open'), pick('a/open')]).toEqual(['b', 'b', 'a', 'b']);
    expect(asked).toEqual(['b', 'b', 'a', 'b']);
  });

  test('any number of messages is spread so that no two who stay differ by more than one', () => {
    const step = fc.record({ kind: fc.constantFrom('pick', 'pick', 'pick', 'join', 'leave'), member: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const all = members(10);
        const group = new SharedMembers<Member>('g', 'a');
        const present = new Set<Member>();
        /** Messages since the last change of the group. */
        let counts = new Map<Member, number>();
        for (const { kind, member: index } of steps) {
          const member = all[index] as Member;
          if (kind === 'pick') {
            const picked = group.pick('a', () => true);
            expect(picked === null).toBe(present.size === 0);
            if (picked === null) continue;
            expect(present.has(picked.subscriber)).toBe(true);
            counts.set(picked.subscriber, (counts.get(picked.subscriber) ?? 0) + 1);
            const each = [...present].map((one) => counts.get(one) ?? 0);
            expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
          } else if (kind === 'join') {
            expect(group.join(member, options)).toBe(present.has(member));
            if (!present.has(member)) counts = new Map();
            present.add(member);
          } else {
            expect(group.leave(member)).toBe(present.delete(member));
            counts.delete(member);
          }
          expect(group.size).toBe(present.size);
        }
      }),
    );
  });
});
