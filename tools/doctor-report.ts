/**
 * Runs the tests of tests/doctor/ and writes docs/reference/doctor.md and its Chinese sibling from what the doctor said
 * in each situation. The tests themselves compare the documents with their run, so that they cannot become stale.
 */
import { join } from 'node:path';

const { exitCode } = Bun.spawnSync(
  [process.execPath, 'test', '--only-failures', '--timeout', '60000', './tests/doctor/'],
  {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, DOCTOR_REPORT: 'write' },
    stdout: 'inherit',
    stderr: 'inherit',
  },
);
process.exitCode = exitCode;
