/** The command line of Berth: `bun apps/cli/main.ts <command>`. */
import { processContext } from './process-context.ts';
import { run } from './run.ts';

const args = process.argv.slice(2);
const context = processContext(args);
const code = await run(args, context);
// What is still being written goes out first; a read of standard input that is still waiting must not hold us.
await context.write('');
// `up` sets the exit code of the process itself.
process.exit(code === 0 ? (process.exitCode ?? 0) : code);
