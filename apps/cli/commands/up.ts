import { Option, type Command } from 'commander';
import { options } from '../../server/config/options.ts';
import type { Ready } from '../../server/ready.ts';
import { renderBanner } from '../banner.ts';
import type { Context } from '../context.ts';
import { exitCodesHelp } from '../exit.ts';
import { collect } from '../mqtt/parse-values.ts';

/** The options of `up`, as commander gives them. */
type UpFlags = Record<string, string | string[] | boolean | undefined>;

/** Adds `berth up`, which hands over to the server. */
export function addUp(program: Command, context: Context): void {
  const command = program.command('up').description('run the service');
  for (const entry of options) {
    if (entry.flag === null) continue;
    const standard = entry.default === null ? '' : `, default ${entry.default}`;
    const option = new Option(
      `${entry.flag} <${entry.placeholder.toLowerCase()}>`,
      `${entry.description[context.language]} (${entry.environment}${standard})`,
    );
    command.addOption(entry.repeatable ? option.argParser(collect) : option);
  }
  command
    .option('--config <file>', 'configuration file: JSON with the names of these options (BERTH_CONFIG)')
    .option('--json', 'print one line of JSON on standard output when ready, and nothing else there')
    .addHelpText('after', `\n${examples(context.command)}\n\n${exitCodesHelp}`)
    .action((flags: UpFlags) => up(flags, context));
}

function examples(berth: string): string {
  return `Examples:
  ${berth} up
  ${berth} up --domain mqtt.example.com --san 192.168.1.10 --data /var/lib/berth
  ${berth} up --mqtts-port 0 --wss-port 0 --http-port 0 --json`;
}

async function up(given: UpFlags, context: Context): Promise<void> {
  const { json, lang: _lang, ...flags } = given;
  // Loaded here only: no other command needs the server.
  const server = await import('../../server/main.ts');
  process.exitCode = await server.up({
    flags,
    env: context.env,
    onReady: (ready: Ready) => {
      void context.write(json === true ? `${JSON.stringify(ready)}\n` : renderBanner(ready, context));
    },
  });
}
