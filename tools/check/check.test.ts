import { describe, expect, test } from 'bun:test';
import { run } from './command.ts';
import { countTests } from './junit.ts';
import { parseArguments } from './options.ts';
import { summary } from './report.ts';

describe('options', () => {
  test('steps are chosen by name', () => {
    expect(parseArguments(['--only', 'lint', '--fix', '--only=unit'])).toEqual({
      kind: 'run',
      fix: true,
      only: ['lint', 'unit'],
    });
    expect(parseArguments([])).toEqual({ kind: 'run', fix: false, only: [] });
  });

  test('what is wrong is said', () => {
    expect(parseArguments(['--only', 'everything'])).toMatchObject({ kind: 'wrong' });
    expect(parseArguments(['--only'])).toMatchObject({ kind: 'wrong' });
    expect(parseArguments(['--fast'])).toEqual({ kind: 'wrong', message: 'There is no option --fast.' });
  });
});

describe('counts', () => {
  const report = (attributes: string) =>
    `<?xml version="1.0"?>\n<testsuites name="bun test" ${attributes}>\n</testsuites>`;

  test('tests that pass, fail and are skipped', () => {
    expect(countTests(report('tests="5" failures="0" skipped="0"'), true)).toEqual({ passed: 5, failed: 0 });
    expect(countTests(report('tests="5" failures="2" skipped="1"'), false)).toEqual({ passed: 2, failed: 3 });
  });

  test('no report, no test, or a bad end without a failed test count as a failure', () => {
    expect(countTests(null, true)).toEqual({ passed: 0, failed: 1 });
    expect(countTests(report('tests="0" failures="0" skipped="0"'), true)).toEqual({ passed: 0, failed: 1 });
    expect(countTests(report('tests="5" failures="0" skipped="0"'), false)).toEqual({ passed: 5, failed: 1 });
  });

  test('the last line is the sum', () => {
    const text = summary([
      { name: 'lint', passed: 1, failed: 0, output: '', seconds: 1 },
      { name: 'unit tests', passed: 40, failed: 2, output: '', seconds: 2 },
    ]);
    expect(text.split('\n').at(-1)).toBe('41 passed, 2 failed');
  });
});

describe('commands', () => {
  test('output and exit code come back', async () => {
    expect(await run('sh', ['-c', 'echo out; echo err >&2; exit 3'], { seconds: 10 })).toEqual({
      ok: false,
      output: expect.stringContaining('out'),
    });
    expect((await run('true', [], { seconds: 10 })).ok).toBe(true);
  });

  test('a command that is not there fails with its name', async () => {
    const { ok, output } = await run('no-such-command', [], { seconds: 10 });
    expect(ok).toBe(false);
    expect(output).toContain('no-such-command');
  });

  test('a hang ends with everything that it started', async () => {
    // The grandchild holds the output open: `run` comes back only when it is gone too.
    const { ok, output } = await run('sh', ['-c', 'sleep 600 & wait'], { seconds: 0.2 });
    expect(ok).toBe(false);
    expect(output).toContain('did not end in 0.2 s');
  });
});
