import { expect, test } from 'bun:test';
import { TestBroker } from '../bench/test-broker.ts';
import { run } from '../run.ts';
import { TestContext, type TestContextOptions } from '../test-context.ts';

async function bench(broker: TestBroker, line: string, options: TestContextOptions = {}) {
  const context = new TestContext(options);
  const where = ['--url', `mqtt://127.0.0.1:${broker.port}`, '-V', '3.1.1'];
  const code = await run(['bench', ...line.split(' '), ...where], context);
  return { code, output: context.output.toString(), errors: context.errors };
}

test('all connections opened: exit code 0', async () => {
  using broker = new TestBroker();
  const { code, output } = await bench(broker, 'connect --connections 3 --json');
  expect([code, JSON.parse(output)]).toEqual([0, expect.objectContaining({ opened: 3, connections: 3 })]);
});

test('fewer than asked for: exit code 1, with the figures of those and the limit to raise', async () => {
  // The first one finds out whether there is a broker at all.
  using broker = new TestBroker({ accept: 4, refuse: 3 });
  const { code, output } = await bench(broker, 'connect --connections 5');
  expect(code).toBe(1);
  expect(output).toMatch(/^opened +3 of 5$/m);
  expect(output).toContain('Warning: Only 3 of 5 connections were opened');
  expect(output).toContain('--limit sessions=N');
});

test('the same as JSON', async () => {
  using broker = new TestBroker({ accept: 4, refuse: 3 });
  const { code, output } = await bench(broker, 'idle --connections 5 --seconds 0 --json');
  expect(code).toBe(1);
  expect(JSON.parse(output)).toMatchObject({ opened: 3, connections: 5 });
  expect(output).toContain('Only 3 of 5 connections were opened');
});

test.each(['en', 'zh'] as const)('a load of messages that meets the limit says which one (%s)', async (language) => {
  using broker = new TestBroker({ accept: 4, refuse: 3 });
  const { code, output, errors } = await bench(broker, 'fan-out --subscribers 5', { language });
  expect(code).toBeGreaterThan(0);
  expect(output).toBe('');
  expect(errors).toContain('--limit sessions=N');
});
