/** The command line of Berth: `bun apps/cli/main.ts <command>`. */
import { runtimeOptions, startAnewWith } from '../server/system/runtime-options.ts';

const args = process.argv.slice(2);
// Before anything else is loaded: what comes after it is lost.
if (args.find((argument) => !argument.startsWith('-')) === 'up') startAnewWith(runtimeOptions, process.env);

const [{ processContext }, { run }] = await Promise.all([import('./process-context.ts'), import('./run.ts')]);
const context = processContext(args);
const code = await run(args, context);
// What is still being written goes out first; a read of standard input that is still waiting must not hold us.
await context.write('');
// `up` sets the exit code of the process itself.
process.exit(code === 0 ? (process.exitCode ?? 0) : code);
