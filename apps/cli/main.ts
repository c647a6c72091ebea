/** The command line of Berth: `bun apps/cli/main.ts <command>`. */
import { processContext } from './process-context.ts';
import { run } from './run.ts';

const args = process.argv.slice(2);
const code = await run(args, processContext(args));
// `up` sets the exit code itself.
process.exitCode ??= code;
if (code !== 0) process.exitCode = code;
