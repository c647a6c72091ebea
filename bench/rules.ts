/**
 * What access rules cost: `bun bench/rules.ts [rules]`. Prints one line of JSON; medians of several rounds, in
 * nanoseconds a decision where the name ends in Ns. Topics are decoded from bytes in each round, as a broker gets
 * them, so that no hash of a string is known beforehand; decoding is not counted.
 */
import { AccessRuleTable } from '../apps/server/policy/access-rule-table.ts';
import type { AccessRuleEntry } from '../apps/server/policy/access-rule.ts';
import type { DeploymentId } from '../packages/engine/ids.ts';
import type { AccessRules } from '../packages/engine/ports.ts';

const count = Number(process.argv[2] ?? 2000);
const rounds = 9;
const deployment = 'bench' as DeploymentId;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What was decided, so that nothing is optimised away. */
let allowed = 0;

function rule(index: number, topicFilter: string, change: Partial<AccessRuleEntry> = {}): AccessRuleEntry {
  const permission = index % 2 === 0 ? 'allow' : 'deny';
  return { id: `r${index}`, kind: 'all', subject: null, action: 'all', permission, topicFilter, ...change };
}

function listOf(make: (index: number) => AccessRuleEntry): AccessRuleTable {
  const table = new AccessRuleTable();
  table.put(deployment, { default: 'deny', rules: Array.from({ length: count }, (_, index) => make(index)) });
  return table;
}

const subject = () => ({ deployment, clientId: 'device7', username: 'meter' });

function rulesOf(table: AccessRuleTable): AccessRules {
  const rules = table.rulesOf(subject());
  if (rules === null) throw new Error('the rules of the bench cut nothing');
  return rules;
}

function median(values: number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
}

/** Nanoseconds a publish, over topics in an order that nothing can guess. */
function publishNs(rules: AccessRules, topics: number): number {
  const bytes = Array.from({ length: 20_000 }, (_, index) => encoder.encode(topicOf((index * 7919) % topics)));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const decoded = bytes.map((topic) => decoder.decode(topic));
    const start = performance.now();
    for (const topic of decoded) if (rules.publish(topic).allowed) allowed++;
    times.push(((performance.now() - start) * 1e6) / decoded.length);
  }
  return median(times);
}

/** Microseconds of something, each time on new values. */
function eachUs(times: number, work: () => unknown): number {
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const start = performance.now();
    if (work() !== null) allowed++;
    taken.push((performance.now() - start) * 1000);
  }
  return median(taken.map((value) => value * 10)) / 10;
}

function topicOf(index: number): string {
  return `factory/line${index % 100}/device${index}/sensor/temperature`;
}

const literal = listOf((index) => rule(index, topicOf(index)));
const wildcard = listOf((index) => rule(index, `factory/line${index % 100}/device${index}/+/#`));
const crossing = listOf((index) => rule(index, `+/line${index % 100}/+/${index}/#`));
const placeholders = listOf((index) => rule(index, `factory/line${index}/\${clientid}/#`));
const own = listOf((index) =>
  rule(index, `own/${index}/#`, { kind: 'clientId', subject: index < 100 ? 'device7' : `device${1000 + index}` }),
);

const cases = { literal, wildcard, crossing, placeholders, own };
const result = {
  rules: count,
  publishNs: Object.fromEntries(
    Object.entries(cases).map(([name, table]) => [
      name,
      { cached: publishNs(rulesOf(table), 8), notCached: publishNs(rulesOf(table), 5000) },
    ]),
  ),
  compileRulesUs: eachUs(15, () => listOf((index) => rule(index, topicOf(index)))),
  compileSubjectUs: Object.fromEntries(
    Object.entries(cases).map(([name, table]) => [name, eachUs(200, () => table.rulesOf(subject()))]),
  ),
  judgeFilterUs: Object.fromEntries(
    ['#', 'factory/+/device7/#', topicOf(7), '+/line7/+/7/#'].map((topicFilter) => [
      topicFilter,
      Object.fromEntries(
        Object.entries(cases).map(([name, table]) => {
          const rules = rulesOf(table);
          let turn = 0;
          return [name, eachUs(200, () => rules.deliveryFilter(`$share/g${turn++}/${topicFilter}`))];
        }),
      ),
    ]),
  ),
};
console.log(JSON.stringify(allowed > 0 ? result : null, null, process.stdout.isTTY ? 2 : 0));
