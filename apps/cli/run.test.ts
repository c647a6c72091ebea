import { describe, expect, test } from 'bun:test';
import packageJson from '../../package.json' with { type: 'json' };
import { makeProgram } from './program.ts';
import { run } from './run.ts';
import { TestContext } from './test-context.ts';

async function runs(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  const context = new TestContext();
  const code = await run(args, context);
  return { code, output: context.output.toString(), errors: context.errors };
}

test('--version', async () => {
  expect(await runs('--version')).toEqual({ code: 0, output: `${packageJson.version}\n`, errors: '' });
});

describe('--help of every command has examples and the exit codes', () => {
  function commandPaths(): string[][] {
    return makeProgram(new TestContext()).commands.flatMap((command) => [
      [command.name()],
      ...command.commands.map((inner) => [command.name(), inner.name()]),
    ]);
  }
  for (const path of [[], ...commandPaths()]) {
    test(`berth ${path.join(' ')}`, async () => {
      const { code, output } = await runs(...path, '--help');
      expect(code).toBe(0);
      expect(output).toMatch(/Examples?:/);
      expect(output).toContain('Exit codes:');
      expect(output).toContain(`berth ${path.join(' ')}`.trim());
    });
  }
});

describe('what is misspelt exits with 2 and names the nearest', () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['pubb'], 'pub'],
    [['deployment', 'lisst'], 'list'],
    [['pub', '--topc', 'a'], '--topic'],
    [['up', '--mqtt-port', '1'], '--mqtts-port'],
    [['deployment', 'set', 'x', '--limit', 'sesions=5'], 'sessions'],
  ];
  for (const [args, near] of cases) {
    test(args.join(' '), async () => {
      const { code, errors } = await runs(...args);
      expect(code).toBe(2);
      expect(errors).toContain(`Did you mean ${near}?`);
    });
  }
});

describe('usage errors exit with 2', () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['pub', '-t', 'a'], 'Nothing to publish'],
    [['pub', '-t', 'a', '-m', 'x', '-s'], 'More than one message'],
    [['pub', '-m', 'x'], '--topic'],
    [['sub'], '--topic'],
    [['pub', '-t', 'a/+', '-m', 'x'], 'subscriptions'],
    [['sub', '-t', 'a#'], '# stands alone'],
    [['sub', '-t', 'a', '-q', '3'], '0, 1 or 2'],
    [['sub', '-t', 'a', '-V', '4.2'], '3.1, 3.1.1 or 5'],
    [['pub', '-t', 'a', '-m', 'x', '-V', '3.1.1', '--content-type', 't'], 'MQTT 5.0 only'],
    [['sub', '-t', 'a', '-V', '3.1.1', '--no-local'], 'MQTT 5.0 only'],
    [['sub', '-t', 'a', '--no-clean'], '--id'],
    [['sub', '-t', 'a', '--will-payload', 'x'], '--will-topic'],
    [['sub', '-t', 'a', '--ca', '/nonexistent/ca.crt'], 'cannot read /nonexistent/ca.crt'],
    [['sub', '-t', 'a', '-p', '70000'], '1 to 65535'],
    [['pub', '-t', 'a', '-m', 'x', '--user-property', 'novalue'], 'NAME=VALUE'],
    [['deployment', 'create', 'x', '--mqtt-port', '1883'], 'dedicated'],
    [['deployment', 'set', 'x'], 'Nothing to change'],
    [['deployment', 'set', 'x', '--limit', 'sessions=-1'], 'whole number'],
    [['deployment', 'set', 'x', '--limit', 'packetSizeBytes=none'], 'needs a value'],
  ];
  for (const [args, words] of cases) {
    test(args.join(' '), async () => {
      const { code, errors } = await runs(...args);
      expect(errors).toContain(words);
      expect(code).toBe(2);
    });
  }
});
