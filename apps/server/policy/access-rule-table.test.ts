import { describe, expect, test } from 'bun:test';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { AccessRuleEntry } from './access-rule.ts';
import { AccessRuleTable } from './access-rule-table.ts';

const here = 'here' as DeploymentId;
const there = 'there' as DeploymentId;
let count = 0;

function rule(
  permission: 'allow' | 'deny',
  topicFilter: string,
  change: Partial<AccessRuleEntry> = {},
): AccessRuleEntry {
  count += 1;
  return { id: `r${count}`, kind: 'all', subject: null, action: 'all', permission, topicFilter, ...change };
}

function tableOf(...rules: readonly AccessRuleEntry[]): AccessRuleTable {
  const table = new AccessRuleTable();
  table.put(here, { default: 'allow', rules });
  return table;
}

const subject = (clientId: string, username: string | null = null) => ({ deployment: here, clientId, username });

describe('nothing is paid for', () => {
  test('where there are no rules, or only ones that cannot concern the subject', () => {
    const table = tableOf(
      rule('deny', '#', { kind: 'clientId', subject: 'other' }),
      rule('deny', '#', { kind: 'username', subject: 'other' }),
      rule('allow', 'a/#'),
      rule('deny', 'a/b'),
      rule('deny', '${username}/#'),
    );
    expect(table.rulesOf(subject('me'))).toBeNull();
    expect(table.rulesOf(subject('me', 'me'))).not.toBeNull();
    expect(table.rulesOf(subject('me', 'a/b'))).toBeNull();
    expect(table.rulesOf(subject('other'))).not.toBeNull();
    expect(table.rulesOf({ ...subject('other'), deployment: there })).toBeNull();
  });

  test('by a subscription that no rule cuts', () => {
    const rules = tableOf(rule('deny', 'a/b')).rulesOf(subject('me'));
    expect(rules?.deliveryFilter('a/+')).not.toBeNull();
    expect(rules?.deliveryFilter('a/c')).toBeNull();
    expect(rules?.deliveryFilter('+')).toBeNull();
    expect(rules?.deliveryFilter('$share/g/b/#')).toBeNull();
  });
});

describe('when rules change', () => {
  test('a session gets new rules and a new delivery filter; else the same ones', () => {
    const table = new AccessRuleTable();
    const list = { default: 'allow', rules: [rule('deny', 'a')] } as const;
    table.put(here, list);
    const me = subject('me');
    const before = table.rulesOf(me);
    expect(table.rulesOf(me)).toBe(before);
    const filter = before?.deliveryFilter('#');
    expect(before?.deliveryFilter('$share/g/#')).toBe(filter);
    table.put(there, { default: 'deny', rules: [] });
    expect(table.rulesOf(me)).toBe(before);
    table.put(here, list);
    expect(table.rulesOf(me)?.deliveryFilter('#')).not.toBe(filter);
    table.remove(here);
    expect(table.rulesOf(me)).toBeNull();
  });

  test('what was decided before does not linger', () => {
    const table = tableOf(rule('deny', 'a'));
    const me = subject('me');
    expect(table.rulesOf(me)?.publish('a').allowed).toBe(false);
    table.put(here, { default: 'deny', rules: [rule('allow', 'a')] });
    expect(table.rulesOf(me)?.publish('a').allowed).toBe(true);
  });

  test('a session that is resumed under another user name gets the rules of that one', () => {
    const table = tableOf(rule('deny', '#', { kind: 'username', subject: 'guest' }));
    const session = { deployment: here, clientId: 'c', username: 'owner' };
    expect(table.rulesOf(session)).toBeNull();
    session.username = 'guest';
    expect(table.rulesOf(session)?.publish('a').allowed).toBe(false);
  });
});

describe('decisions', () => {
  test('name the rule with what it says', () => {
    const deny = rule('deny', 'a/#', { kind: 'username', subject: 'meter', action: 'publish' });
    const decision = tableOf(deny).rulesOf(subject('c', 'meter'))?.publish('a/b');
    expect(decision).toEqual({ allowed: false, rule: `rule ${deny.id}: deny publish a/# for user name meter` });
  });

  test('stay right beyond what is kept, and for topics too long to keep', () => {
    const rules = tableOf(rule('deny', '+/odd'), rule('deny', 'x', { kind: 'clientId', subject: 'c' })).rulesOf(
      subject('c'),
    );
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 100; index++) {
        const topic = `${index}/${index % 2 === 0 ? 'even' : 'odd'}`;
        expect(rules?.publish(topic).allowed).toBe(index % 2 === 0);
      }
    }
    expect(rules?.publish(`${'y'.repeat(1000)}/odd`).allowed).toBe(false);
  });

  test('are those of an answer, for a client that is not there too', () => {
    const [allow, deny] = [rule('allow', 'a/b'), rule('deny', 'a/+', { action: 'subscribe' })];
    const table = tableOf(allow, deny);
    const ask = (action: 'publish' | 'subscribe', topic: string) =>
      table.answer(here, { clientId: 'c', username: null, action, topic });
    expect(ask('publish', 'a/c')).toEqual({ allowed: true, rule: null, cutBy: null });
    expect(ask('publish', 'a/b')).toEqual({ allowed: true, rule: allow.id, cutBy: null });
    expect(ask('subscribe', 'a/c')).toEqual({ allowed: false, rule: deny.id, cutBy: null });
    expect(ask('subscribe', '$share/g/a/+')).toMatchObject({ allowed: true, cutBy: { rule: deny.id } });
    expect(table.answer(there, { clientId: 'c', username: null, action: 'publish', topic: 'a' })).toEqual({
      allowed: true,
      rule: null,
      cutBy: null,
    });
  });
});
