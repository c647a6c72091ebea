import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addBench } from './commands/bench.ts';
import { addCa } from './commands/ca.ts';
import { addCredential } from './commands/credential.ts';
import { addDeployment } from './commands/deployment.ts';
import { addDoctor } from './commands/doctor.ts';
import { addJournal } from './commands/journal.ts';
import { addLimits } from './commands/limits.ts';
import { addPub } from './commands/pub.ts';
import { addRule } from './commands/rule.ts';
import { addSample } from './commands/sample.ts';
import { addSub } from './commands/sub.ts';
import { addUp } from './commands/up.ts';
import type { Context } from './context.ts';
import { exitCodesHelp } from './exit.ts';

/** The whole command line. Parsing throws CommanderError for help, version and mistakes. */
export function makeProgram(context: Context): Command {
  const program = new Command('berth')
    .description('Berth: a self-hosted, multi-tenant MQTT service')
    .version(packageJson.version, '--version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .showHelpAfterError('(--help shows what is possible)')
    .configureOutput({
      writeOut: (text) => void context.write(text),
      writeErr: (text) => context.error(text.replace(/\n$/, '')),
    })
    .addHelpText(
      'after',
      `\nExamples:\n  ${context.command} up\n  ${context.command} sub -u device -P PASSWORD -t 'test/#' -v\n  ${context.command} deployment list\n\n${exitCodesHelp}`,
    );
  addUp(program, context);
  addPub(program, context);
  addSub(program, context);
  addDoctor(program, context);
  addBench(program, context);
  addDeployment(program, context);
  addCredential(program, context);
  addRule(program, context);
  addLimits(program, context);
  addCa(program, context);
  addJournal(program, context);
  addSample(program, context);
  addLanguageOption(program);
  return program;
}

/** Read before parsing (see process-context.ts), because help texts need it; declared so that every command takes it. */
function addLanguageOption(command: Command): void {
  command.addOption(
    new Option('--lang <language>', 'language of messages: en or zh-CN (default: by LANG)').choices([
      'en',
      'zh-CN',
      'zh',
    ]),
  );
}
