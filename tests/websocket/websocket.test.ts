import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { render } from './document.ts';
import { runSuite } from './suite.ts';
import { echoVerdict, passes, serviceVerdict } from './verdict.ts';

const deadlineMs = 180_000;
const casesMin = 300;
const cases = await runSuite();

test('the suite has run', () => expect(cases.length).toBeGreaterThan(casesMin));

for (const one of cases) {
  test(`case ${one.id}`, () => {
    expect({ passes: passes(one), echo: one.echo, service: one.service }).toMatchObject({ passes: true });
  });
}

test('the layer conforms in every case that is not about text', () => {
  const others = cases.filter((one) => echoVerdict(one) !== 'conforms').map(({ id }) => id);
  expect(others.filter((id) => !id.startsWith('6.'))).toEqual([]);
});

test('what the layer does not judge, the service refuses', () => {
  const unjudged = cases.filter((one) => echoVerdict(one) === 'text not judged');
  expect(unjudged.filter((one) => serviceVerdict(one) !== 'text refused')).toEqual([]);
});

test(
  'docs/reference/websocket.md is what was run: bun tests/websocket/main.ts',
  () => {
    const document = resolve(import.meta.dirname, '../../docs/reference/websocket.md');
    expect(readFileSync(document, 'utf8')).toBe(render(cases));
  },
  deadlineMs,
);
