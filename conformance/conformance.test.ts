/**
 * Every normative statement of MQTT 3.1.1 and MQTT 5.0 that a server can be tested for, black box over a socket,
 * against one running service. The tests stand in `chapters/`; they run side by side, each with its own client ids
 * and topics. `tools/conformance-report.ts` makes `docs/reference/conformance.md` of a run.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import './chapters.ts';
import { conformanceTests, type Dialect, statementsOf } from './registry.ts';
import { startServer, stopServer } from './server.ts';
import { standards } from './standards.ts';

const testMs = 30_000;

beforeAll(startServer, 30_000);
afterAll(stopServer, 30_000);

for (const { name, dialect, statements } of standards) {
  describe(name, () => {
    for (const { title, run } of of(dialect)) test.concurrent(title, run, testMs);
  });

  test(`every statement of ${name} has a test or a reason, and every test a statement`, () => {
    const titles = of(dialect).map((one) => one.title);
    const named = new Set(titles.flatMap((title) => statementsOf(title, dialect)));
    const listed = statements.filter((one) => one.kind === 'tested').map((one) => one.id);
    expect([...named].toSorted()).toEqual(listed.toSorted());
    expect(new Set(statements.map((one) => one.id)).size).toBe(statements.length);
    expect(new Set(titles).size).toBe(titles.length);
  });
}

function of(dialect: Dialect) {
  return conformanceTests.filter((one) => one.dialect === dialect);
}
